import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import metrics.models.evaluation
import metrics.models.product
import metrics.models.row
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Artifact',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('document', models.JSONField()),
                ('file', models.CharField(help_text='sha256 of the bytes', max_length=64)),
                ('size', models.PositiveBigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('actor', models.CharField(max_length=150)),
                ('product', models.CharField(blank=True, db_index=True, max_length=60)),
                ('action', models.CharField(max_length=60)),
                ('subject', models.CharField(max_length=120)),
                ('detail', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='KPI',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('key', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,59}$', 'a key starts with a small letter and has small letters, digits and _ only, at most 60')])),
                ('name', models.CharField(max_length=120)),
                ('meaning', models.CharField(blank=True, max_length=240)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('direction', models.CharField(choices=[('up', 'higher is better'), ('down', 'lower is better')], default='up', max_length=4)),
                ('aggregation', models.CharField(choices=[('sum', 'sum'), ('ratio', 'ratio'), ('last', 'last')], default='ratio', max_length=5)),
                ('owner', models.CharField(blank=True, max_length=120)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Model',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('task', models.CharField(choices=metrics.models.evaluation.tasks, default='binary', max_length=20)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('theme', models.CharField(blank=True, choices=[('', 'as the system'), ('light', 'light'), ('dark', 'dark')], max_length=5)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='DataSet',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('role', models.CharField(choices=[('train', 'train'), ('evaluation', 'evaluation'), ('reference', 'reference'), ('production', 'production')], default='evaluation', max_length=10)),
                ('task', models.CharField(choices=metrics.models.evaluation.tasks, default='binary', max_length=20)),
                ('number', models.PositiveIntegerField(default=1, help_text='version under this name, from 1')),
                ('digest', models.CharField(help_text='order-free digest of (id, label)', max_length=32)),
                ('rows', models.CharField(blank=True, help_text='sha256 of the stored rows', max_length=64)),
                ('votes', models.CharField(blank=True, help_text='sha256 of the stored votes of labelers', max_length=64)),
                ('n_rows', models.PositiveBigIntegerField()),
                ('first_event', models.DateTimeField(blank=True, null=True)),
                ('last_event', models.DateTimeField(blank=True, null=True)),
                ('warnings', models.JSONField(blank=True, default=list)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', '-number'],
            },
        ),
        migrations.CreateModel(
            name='EvaluationRun',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('task', models.CharField(choices=metrics.models.evaluation.tasks, default='binary', max_length=20)),
                ('state', models.CharField(choices=[('received', 'being computed'), ('scored', 'scored'), ('failed', 'failed'), ('withdrawn', 'withdrawn')], default='received', max_length=9)),
                ('rows', models.CharField(blank=True, help_text='sha256 of the stored rows; empty when only metrics were reported', max_length=64)),
                ('n_rows', models.PositiveBigIntegerField(blank=True, null=True)),
                ('reference_rows', models.CharField(blank=True, help_text='sha256 of the rows of the same file that drift is measured against', max_length=64)),
                ('origin', models.CharField(blank=True, help_text='where it was imported from, such as mlflow:<run id>', max_length=200)),
                ('manifest', models.JSONField(blank=True, default=dict)),
                ('reported', models.JSONField(blank=True, default=dict, help_text='metrics given by the run')),
                ('search', models.TextField(blank=True, editable=False, help_text='what a search looks into, in small letters; written when sealed')),
                ('warnings', models.JSONField(blank=True, default=list)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=500)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('data_set', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='metrics.dataset')),
                ('reference', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.dataset')),
                ('training', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.dataset')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Guess',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('door', models.CharField(choices=[('password', 'a password'), ('reset', 'a reset')], max_length=8)),
                ('name', models.CharField(help_text='sha256 of what was typed: at times it is the password', max_length=64)),
                ('address', models.CharField(max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='guesses_lately')],
            },
        ),
        migrations.CreateModel(
            name='Mapping',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('kpi', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mapping', to='metrics.kpi')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='MappingVersion',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('definition', models.JSONField(help_text='{"kind": "value_matrix" | "formula", …}')),
                ('digest', models.CharField(help_text='what a signature signs', max_length=64)),
                ('note', models.CharField(blank=True, help_text='what is new in this version', max_length=500)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('proposed', 'proposed'), ('endorsed', 'endorsed'), ('approved', 'approved'), ('superseded', 'superseded'), ('retired', 'retired')], default='draft', max_length=10)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('mapping', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='metrics.mapping')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='KPIResult',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('digest', models.CharField(help_text='sha256 of the canonical document', max_length=64, unique=True)),
                ('document', models.JSONField()),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('point', models.FloatField(blank=True, null=True)),
                ('unknown_reason', models.CharField(blank=True, max_length=500)),
                ('low80', models.FloatField(blank=True, null=True)),
                ('high80', models.FloatField(blank=True, null=True)),
                ('low95', models.FloatField(blank=True, null=True)),
                ('high95', models.FloatField(blank=True, null=True)),
                ('draws', models.BinaryField(blank=True, null=True)),
                ('period', models.DateField(blank=True, help_text='first day of the month; empty for a figure over all rows', null=True)),
                ('known_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('detail', models.JSONField(blank=True, default=dict, help_text='counts a cell, totals, reference policies')),
                ('newest', models.BooleanField(default=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kpi_results', to='metrics.evaluationrun')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='metrics.mappingversion')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('text', models.CharField(max_length=2000)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='metrics.mappingversion')),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='MetricStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=60)),
                ('step', models.BigIntegerField()),
                ('value', models.FloatField(blank=True, help_text='empty where it was not finite', null=True)),
                ('at', models.DateTimeField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='metrics.evaluationrun')),
            ],
            options={
                'ordering': ['metric', 'step', 'at'],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('candidate', 'candidate'), ('champion', 'champion'), ('retired', 'retired')], default='candidate', max_length=9)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='metrics.model')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='evaluationrun',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='metrics.modelversion'),
        ),
        migrations.CreateModel(
            name='Pair',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('metric', models.CharField(help_text='key of the metric', max_length=60)),
                ('kind', models.CharField(choices=[('history', 'observed over time'), ('experiment', 'changes in experiments')], default='history', max_length=10)),
                ('x', models.FloatField()),
                ('x_error', models.FloatField(blank=True, help_text='standard error of x', null=True)),
                ('y', models.FloatField()),
                ('y_error', models.FloatField(blank=True, help_text='standard error of y', null=True)),
                ('covariance', models.FloatField(blank=True, help_text='of the errors of x and y', null=True)),
                ('disjoint', models.BooleanField(default=False, help_text='x and y were measured on different units')),
                ('at', models.DateField(blank=True, null=True)),
                ('source', models.CharField(blank=True, max_length=240)),
                ('batch', models.CharField(help_text='shared by all pairs of one import', max_length=12)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('imported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pairs', to='metrics.kpi')),
            ],
            options={
                'ordering': ['at', 'x', 'y'],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('sentence', models.CharField(blank=True, help_text='what it does, in one sentence', max_length=240)),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'a currency has three capital letters, such as EUR')])),
                ('time_zone', models.CharField(default='UTC', max_length=60, validators=[metrics.models.product.known_time_zone])),
                ('fiscal_year_start', models.PositiveSmallIntegerField(default=1, help_text='month, 1 to 12', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)])),
                ('case_noun', models.CharField(default='case', help_text='what one row is: booking', max_length=30, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,59}$', 'a key starts with a small letter and has small letters, digits and _ only, at most 60')])),
                ('seed', models.BigIntegerField(editable=False)),
                ('gates', models.JSONField(blank=True, default=list, help_text='checks of evidence that grade a KPI D when they fail, such as drift')),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('expires_30', 'expires within 30 days'), ('expires_7', 'expires within 7 days'), ('expired', 'has expired'), ('commented', 'comment'), ('objected', 'objection'), ('endorsed', 'endorsed'), ('approved', 'approved')], max_length=10)),
                ('subject', models.CharField(max_length=80)),
                ('text', models.CharField(max_length=300)),
                ('thing', models.CharField(max_length=240)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='metrics.product')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='model',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='models', to='metrics.product'),
        ),
        migrations.CreateModel(
            name='MetricResult',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('digest', models.CharField(help_text='sha256 of the canonical document', max_length=64, unique=True)),
                ('document', models.JSONField()),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('point', models.FloatField(blank=True, null=True)),
                ('unknown_reason', models.CharField(blank=True, max_length=500)),
                ('low80', models.FloatField(blank=True, null=True)),
                ('high80', models.FloatField(blank=True, null=True)),
                ('low95', models.FloatField(blank=True, null=True)),
                ('high95', models.FloatField(blank=True, null=True)),
                ('draws', models.BinaryField(blank=True, null=True)),
                ('period', models.DateField(blank=True, help_text='first day of the month; empty for a figure over all rows', null=True)),
                ('known_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('metric', models.CharField(max_length=60)),
                ('newest', models.BooleanField(default=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='metric_results', to='metrics.evaluationrun')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='metrics.product')),
            ],
            options={
                'ordering': ['metric'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Metric',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('key', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,59}$', 'a key starts with a small letter and has small letters, digits and _ only, at most 60')])),
                ('name', models.CharField(max_length=120)),
                ('task', models.CharField(choices=metrics.models.evaluation.tasks, default='binary', max_length=20)),
                ('direction', models.CharField(choices=[('up', 'higher is better'), ('down', 'lower is better')], max_length=4)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('kind', models.CharField(choices=[('custom', 'by a formula over the rows'), ('reported', 'reported by the run')], default='reported', max_length=10)),
                ('formula', models.TextField(blank=True)),
                ('columns', models.JSONField(blank=True, default=list, help_text='columns of the rows that the formula names')),
                ('source', models.TextField(blank=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='metrics', to='metrics.product')),
            ],
            options={
                'ordering': ['key', 'task'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('role', models.CharField(choices=[('data_scientist', 'data scientist'), ('project_manager', 'manager'), ('executive', 'executive')], max_length=20)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='metrics.product')),
            ],
            options={
                'ordering': ['user__username'],
            },
        ),
        migrations.AddField(
            model_name='mapping',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mappings', to='metrics.product'),
        ),
        migrations.AddField(
            model_name='kpi',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kpis', to='metrics.product'),
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('mlflow', 'MLflow')], default='mlflow', max_length=10)),
                ('uri', models.CharField(max_length=500)),
                ('experiments', models.JSONField(blank=True, default=list, help_text='names; empty for all')),
                ('every_minutes', models.PositiveIntegerField(blank=True, help_text='empty: only when asked', null=True)),
                ('watermark', models.JSONField(blank=True, default=dict, help_text='experiment id: newest end time seen, in ms')),
                ('last_at', models.DateTimeField(blank=True, null=True)),
                ('last_result', models.JSONField(blank=True, default=dict)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='metrics.product')),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.AddField(
            model_name='evaluationrun',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='metrics.product'),
        ),
        migrations.AddField(
            model_name='dataset',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='data_sets', to='metrics.product'),
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('factor', models.FloatField(help_text='what projections are multiplied by')),
                ('error', models.FloatField(help_text="standard error of the factor's logarithm")),
                ('scores', models.PositiveIntegerField(help_text='scores that do not overlap')),
                ('p', models.FloatField()),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='correction', to='metrics.mappingversion')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='metrics.product')),
            ],
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('cause', models.CharField(choices=[('definition', 'definition'), ('model', 'model'), ('assumption', 'assumption'), ('actuals', 'actuals'), ('run', 'new evaluation run')], max_length=10)),
                ('text', models.CharField(max_length=240)),
                ('actor', models.CharField(max_length=150)),
                ('before', models.CharField(blank=True, help_text='digest of the headline before', max_length=64)),
                ('after', models.CharField(blank=True, help_text='digest of the headline after; empty while it is computed', max_length=64)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='metrics.product')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Assumption',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('key', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,59}$', 'a key starts with a small letter and has small letters, digits and _ only, at most 60')])),
                ('name', models.CharField(max_length=120)),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assumptions', to='metrics.product')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Projection',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('baseline', models.CharField(choices=[('act_on_none', 'acting on no one'), ('act_on_all', 'acting on everyone')], default='act_on_none', max_length=12)),
                ('months', models.PositiveSmallIntegerField(default=12, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)])),
                ('adoption', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.assumption')),
                ('discount', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.assumption')),
                ('growth', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.assumption')),
                ('intervention', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.assumption')),
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='projection', to='metrics.product')),
                ('ramp', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.assumption')),
                ('revenue_kpi', models.ForeignKey(blank=True, help_text='the money that came, from its actuals', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.kpi')),
                ('serving', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.assumption')),
                ('value_kpi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.kpi')),
                ('volume_kpi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='metrics.kpi')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RevenueResult',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('digest', models.CharField(help_text='sha256 of the canonical document', max_length=64, unique=True)),
                ('document', models.JSONField()),
                ('unit', models.CharField(blank=True, max_length=60)),
                ('point', models.FloatField(blank=True, null=True)),
                ('unknown_reason', models.CharField(blank=True, max_length=500)),
                ('low80', models.FloatField(blank=True, null=True)),
                ('high80', models.FloatField(blank=True, null=True)),
                ('low95', models.FloatField(blank=True, null=True)),
                ('high95', models.FloatField(blank=True, null=True)),
                ('draws', models.BinaryField(blank=True, null=True)),
                ('period', models.DateField(blank=True, help_text='first day of the month; empty for a figure over all rows', null=True)),
                ('known_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('kind', models.CharField(choices=[('projected', 'projected'), ('realised', 'realised')], max_length=9)),
                ('detail', models.JSONField(blank=True, default=dict)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revenue_results', to='metrics.product')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=80)),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('default', models.BooleanField(default=False, help_text='the table opens with it')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='metrics.product')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('key', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,59}$', 'a key starts with a small letter and has small letters, digits and _ only, at most 60')])),
                ('name', models.CharField(max_length=120)),
                ('overrides', models.JSONField(help_text='assumption key → its value here')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scenarios', to='metrics.product')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('role', models.CharField(choices=[('data_scientist', 'data scientist'), ('project_manager', 'manager'), ('executive', 'executive')], max_length=20)),
                ('act', models.CharField(choices=[('proposed', 'proposed'), ('endorsed', 'endorsed'), ('approved', 'approved'), ('objected', 'objected'), ('withdrawn', 'withdrawn'), ('retired', 'retired')], max_length=9)),
                ('digest', models.CharField(max_length=64)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('cleared', models.BooleanField(default=False, help_text='an objection or a withdrawal sent the version back to draft')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signatures', to='metrics.mappingversion')),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('value', models.DecimalField(decimal_places=4, max_digits=20)),
                ('from_period', models.DateField()),
                ('until_period', models.DateField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('kpi', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='metrics.kpi')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='metrics.product')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-from_period', '-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=80)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Work',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(max_length=30)),
                ('scope', models.CharField(max_length=64)),
                ('payload', models.JSONField(blank=True, default=dict)),
                ('state', models.CharField(choices=[('due', 'waiting'), ('leased', 'running'), ('done', 'done'), ('parked', 'parked')], default='due', max_length=6)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('published', models.PositiveSmallIntegerField(default=0)),
                ('generation', models.PositiveIntegerField(default=1)),
                ('result', models.JSONField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='metrics.product')),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='AssumptionVersion',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('distribution', models.JSONField()),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('source', models.CharField(blank=True, help_text='where the number comes from; without one the grade is D', max_length=500)),
                ('valid_until', models.DateField(blank=True, null=True)),
                ('assumption', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='metrics.assumption')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('assumption', 'number'), name='one_assumption_version_a_number')],
            },
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('base', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'a currency has three capital letters, such as EUR')])),
                ('quote', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$', 'a currency has three capital letters, such as EUR')])),
                ('date', models.DateField()),
                ('rate', models.DecimalField(decimal_places=10, max_digits=20)),
                ('source', models.CharField(help_text='who published it, such as ECB', max_length=240)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-date', 'base', 'quote'],
                'constraints': [models.UniqueConstraint(fields=('base', 'quote', 'date'), name='one_rate_a_pair_and_day'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='a_rate_is_above_0'), models.CheckConstraint(condition=models.Q(('base', models.F('quote')), _negated=True), name='a_rate_is_of_two_currencies')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('endpoint', models.CharField(max_length=200)),
                ('key', models.CharField(max_length=200)),
                ('body_digest', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('answer', models.JSONField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'endpoint', 'key'), name='one_answer_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Actual',
            fields=[
                ('id', models.CharField(default=metrics.models.row.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('period', models.DateField(help_text='first day of the month')),
                ('value', models.DecimalField(decimal_places=4, max_digits=20)),
                ('known_at', models.DateTimeField()),
                ('source', models.CharField(blank=True, max_length=240)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('imported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='actuals', to='metrics.kpi')),
            ],
            options={
                'ordering': ['period', 'known_at'],
                'indexes': [models.Index(fields=['kpi', 'period', '-known_at'], name='actuals_as_known')],
                'constraints': [models.CheckConstraint(condition=models.Q(('period__day', 1)), name='period_is_a_month')],
            },
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.UniqueConstraint(fields=('mapping', 'number'), name='one_mapping_version_a_number'),
        ),
        migrations.AddConstraint(
            model_name='mappingversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('mapping',), name='one_approved_version'),
        ),
        migrations.AddIndex(
            model_name='kpiresult',
            index=models.Index(fields=['version', 'run'], name='kpis_of_a_version'),
        ),
        migrations.AddIndex(
            model_name='kpiresult',
            index=models.Index(condition=models.Q(('newest', True)), fields=['version', 'point', 'run'], name='runs_by_a_value'),
        ),
        migrations.AddConstraint(
            model_name='kpiresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('point__gte', -1e+300), ('point__isnull', False), ('point__lte', 1e+300), ('unknown_reason', '')), models.Q(('point__isnull', True), models.Q(('unknown_reason', ''), _negated=True)), _connector='OR'), name='kpiresult_point_or_reason'),
        ),
        migrations.AddConstraint(
            model_name='metricstep',
            constraint=models.UniqueConstraint(fields=('run', 'metric', 'step', 'at'), name='one_value_a_step'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(fields=('model', 'name'), name='one_version_a_name'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'champion')), fields=('model',), name='one_champion_a_model'),
        ),
        migrations.AddIndex(
            model_name='pair',
            index=models.Index(fields=['kpi', 'metric', 'kind'], name='pairs_of_a_mapping'),
        ),
        migrations.AddConstraint(
            model_name='pair',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('x_error', None), ('x_error__gte', 0), _connector='OR'), models.Q(('y_error', None), ('y_error__gte', 0), _connector='OR')), name='errors_are_not_negative'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('read_at', None)), fields=['user'], name='unread_notices'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('user', 'kind', 'subject'), name='one_notice_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='model',
            constraint=models.UniqueConstraint(fields=('product', 'name'), name='one_model_a_name'),
        ),
        migrations.AddIndex(
            model_name='metricresult',
            index=models.Index(fields=['run', 'metric'], name='metrics_of_a_run'),
        ),
        migrations.AddIndex(
            model_name='metricresult',
            index=models.Index(condition=models.Q(('newest', True)), fields=['product', 'metric', 'point', 'run'], name='runs_by_a_metric'),
        ),
        migrations.AddConstraint(
            model_name='metricresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('point__gte', -1e+300), ('point__isnull', False), ('point__lte', 1e+300), ('unknown_reason', '')), models.Q(('point__isnull', True), models.Q(('unknown_reason', ''), _negated=True)), _connector='OR'), name='metricresult_point_or_reason'),
        ),
        migrations.AddConstraint(
            model_name='metric',
            constraint=models.UniqueConstraint(fields=('product', 'key'), name='one_metric_a_key'),
        ),
        migrations.AddConstraint(
            model_name='metric',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'custom'), _negated=True), models.Q(('formula', ''), _negated=True), _connector='OR'), name='custom_metric_has_a_formula'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('product', 'user'), name='one_role_a_product'),
        ),
        migrations.AddConstraint(
            model_name='kpi',
            constraint=models.UniqueConstraint(fields=('product', 'key'), name='one_kpi_a_key'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.UniqueConstraint(fields=('product', 'kind', 'uri'), name='one_import_an_address'),
        ),
        migrations.AddIndex(
            model_name='evaluationrun',
            index=models.Index(fields=['product', '-created_at', '-id'], name='runs_newest_first'),
        ),
        migrations.AddIndex(
            model_name='evaluationrun',
            index=models.Index(fields=['product', 'name', 'id'], name='runs_by_name'),
        ),
        migrations.AddConstraint(
            model_name='evaluationrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), _negated=True), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='withdrawn_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='evaluationrun',
            constraint=models.UniqueConstraint(condition=models.Q(('origin', ''), _negated=True), fields=('product', 'origin'), name='one_run_an_origin'),
        ),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(fields=('product', 'name', 'digest'), name='one_version_a_digest'),
        ),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.UniqueConstraint(fields=('product', 'name', 'number'), name='one_data_set_a_number'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(('factor__gt', 0)), name='a_correction_is_above_0'),
        ),
        migrations.AddConstraint(
            model_name='assumption',
            constraint=models.UniqueConstraint(fields=('product', 'key'), name='one_assumption_a_key'),
        ),
        migrations.AddIndex(
            model_name='revenueresult',
            index=models.Index(fields=['product', 'kind', 'period'], name='revenue_by_month'),
        ),
        migrations.AddConstraint(
            model_name='revenueresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('point__gte', -1e+300), ('point__isnull', False), ('point__lte', 1e+300), ('unknown_reason', '')), models.Q(('point__isnull', True), models.Q(('unknown_reason', ''), _negated=True)), _connector='OR'), name='revenueresult_point_or_reason'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('user', 'product', 'name'), name='one_view_a_name'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('default', True)), fields=('user', 'product'), name='one_default_view'),
        ),
        migrations.AddConstraint(
            model_name='scenario',
            constraint=models.UniqueConstraint(fields=('product', 'key'), name='one_scenario_a_key'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.UniqueConstraint(condition=models.Q(('cleared', False), models.Q(('act', 'objected'), _negated=True)), fields=('version', 'act'), name='one_signature_an_act'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act', 'objected'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='an_objection_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(('until_period__gte', models.F('from_period'))), name='target_ends_after_it_starts'),
        ),
        migrations.AddIndex(
            model_name='work',
            index=models.Index(condition=models.Q(('state__in', ['due', 'leased'])), fields=['due_at'], name='work_due'),
        ),
        migrations.AddConstraint(
            model_name='work',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'done'), _negated=True), fields=('kind', 'scope'), name='one_open_work_a_scope'),
        ),
    ]
