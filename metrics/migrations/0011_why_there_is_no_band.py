"""A figure may have a value and no band: why."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0010_baselines_stand_in_mappings'),
    ]

    operations = [
        migrations.AddField(
            model_name='kpiresult',
            name='no_band',
            field=models.CharField(blank=True, help_text='why a point has no band', max_length=500),
        ),
        migrations.AddField(
            model_name='metricresult',
            name='no_band',
            field=models.CharField(blank=True, help_text='why a point has no band', max_length=500),
        ),
        migrations.AddField(
            model_name='revenueresult',
            name='no_band',
            field=models.CharField(blank=True, help_text='why a point has no band', max_length=500),
        ),
        migrations.AddConstraint(
            model_name='kpiresult',
            constraint=models.CheckConstraint(condition=models.Q(('no_band', ''), models.Q(('draws__isnull', True), ('point__isnull', False)), _connector='OR'), name='kpiresult_band_or_reason'),
        ),
        migrations.AddConstraint(
            model_name='metricresult',
            constraint=models.CheckConstraint(condition=models.Q(('no_band', ''), models.Q(('draws__isnull', True), ('point__isnull', False)), _connector='OR'), name='metricresult_band_or_reason'),
        ),
        migrations.AddConstraint(
            model_name='revenueresult',
            constraint=models.CheckConstraint(condition=models.Q(('no_band', ''), models.Q(('draws__isnull', True), ('point__isnull', False)), _connector='OR'), name='revenueresult_band_or_reason'),
        ),
    ]
