"""Views for BI tools, which read the database: `reporting_*`, described in docs/reporting.md. Nothing writes to them."""

from django.db import migrations

FIGURE = "r.point AS value, r.low80, r.high80, r.low95, r.high95"

VIEWS = {
    "reporting_totals_history": f"""
        SELECT p.slug AS product, p.name, p.currency AS unit, {FIGURE}, f.reason AS unknown, f.digest AS receipt,
               f.created_at AS since,
               LEAD(f.created_at) OVER (PARTITION BY f.product_id ORDER BY f.created_at) AS until
        FROM metrics_inforce f
        JOIN metrics_product p ON p.id = f.product_id
        LEFT JOIN metrics_revenueresult r ON r.digest = f.digest
        WHERE f.kpi_id IS NULL""",
    "reporting_kpis_history": f"""
        SELECT p.slug AS product, k.key AS kpi, k.name, k.unit, k.direction, {FIGURE}, f.reason AS unknown,
               f.digest AS receipt, f.created_at AS since,
               LEAD(f.created_at) OVER (PARTITION BY f.kpi_id ORDER BY f.created_at) AS until
        FROM metrics_inforce f
        JOIN metrics_kpi k ON k.id = f.kpi_id
        JOIN metrics_product p ON p.id = f.product_id
        LEFT JOIN metrics_kpiresult r ON r.digest = f.digest""",
    "reporting_totals": "SELECT * FROM reporting_totals_history WHERE until IS NULL",
    "reporting_kpis": "SELECT * FROM reporting_kpis_history WHERE until IS NULL",
    "reporting_actuals": """
        SELECT product, kpi, unit, period, value, numerator, denominator, partial, known_at, source
        FROM (
            SELECT p.slug AS product, k.key AS kpi, k.unit, a.period, a.value, a.numerator, a.denominator, a.partial,
                   a.known_at, a.source,
                   ROW_NUMBER() OVER (PARTITION BY a.kpi_id, a.period ORDER BY a.known_at DESC, a.id DESC) AS place
            FROM metrics_actual a
            JOIN metrics_kpi k ON k.id = a.kpi_id
            JOIN metrics_product p ON p.id = k.product_id
            WHERE a.withdrawn_at IS NULL
        ) known WHERE place = 1""",
    "reporting_targets": """
        SELECT p.slug AS product, k.key AS kpi, t.value, COALESCE(k.unit, p.currency) AS unit, t.from_period,
               t.until_period, u.username AS set_by, t.created_at AS set_at
        FROM metrics_target t
        JOIN metrics_product p ON p.id = t.product_id
        JOIN metrics_user u ON u.id = t.set_by_id
        LEFT JOIN metrics_kpi k ON k.id = t.kpi_id
        WHERE t.withdrawn_at IS NULL""",
    "reporting_assumptions": """
        SELECT product, assumption, name, unit, version, owner, source, valid_until
        FROM (
            SELECT p.slug AS product, a.key AS assumption, a.name, a.unit, v.number AS version, v.owner, v.source,
                   v.valid_until,
                   ROW_NUMBER() OVER (PARTITION BY v.assumption_id ORDER BY v.number DESC) AS place
            FROM metrics_assumptionversion v
            JOIN metrics_assumption a ON a.id = v.assumption_id
            JOIN metrics_product p ON p.id = a.product_id
        ) numbered WHERE place = 1""",
    "reporting_runs": """
        SELECT p.slug AS product, r.id AS run, m.key AS model, v.name AS version, v.state AS version_state,
               d.name AS data_set, r.task, r.state, r.created_at AS logged_at
        FROM metrics_evaluationrun r
        JOIN metrics_product p ON p.id = r.product_id
        JOIN metrics_modelversion v ON v.id = r.version_id
        JOIN metrics_model m ON m.id = v.model_id
        LEFT JOIN metrics_dataset d ON d.id = r.data_set_id""",
    "reporting_metrics": f"""
        SELECT p.slug AS product, r.run_id AS run, r.metric, {FIGURE}, r.unit, r.unknown_reason AS unknown,
               r.digest AS receipt, r.known_at
        FROM metrics_metricresult r
        JOIN metrics_product p ON p.id = r.product_id
        WHERE r.newest""",
    "reporting_decisions": """
        SELECT p.slug AS product, d.number, m.key AS model, d.state, d.direct, b.name AS before, c.name AS chosen,
               d.created_at AS opened_at, d.proposed_at, d.signed_at, d.digest AS record
        FROM metrics_decision d
        JOIN metrics_product p ON p.id = d.product_id
        JOIN metrics_model m ON m.id = d.model_id
        LEFT JOIN metrics_evaluationrun br ON br.id = d.before_id
        LEFT JOIN metrics_modelversion b ON b.id = br.version_id
        LEFT JOIN metrics_evaluationrun cr ON cr.id = d.chosen_id
        LEFT JOIN metrics_modelversion c ON c.id = cr.version_id""",
}


class Migration(migrations.Migration):
    dependencies = [("metrics", "0003_search_by_trigrams")]
    operations = [
        migrations.RunSQL(f"CREATE VIEW {name} AS {query}", f"DROP VIEW {name}") for name, query in VIEWS.items()
    ]
