"""What a projection is compared with is said by the mapping of its value, and by nothing else."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [('metrics', '0009_figures_in_force')]
    operations = [migrations.RemoveField(model_name='projection', name='baseline')]
