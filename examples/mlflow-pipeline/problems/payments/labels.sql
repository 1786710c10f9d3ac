-- A fraud is a payment that was known to be reported 14 days later; every label, the honest ones
-- too, counts from then on. Both numbers must stay equal to maturity_days in problem.toml.
SELECT
    spine.row_id,
    CASE WHEN reports.payment_id IS NULL THEN 0 ELSE 1 END AS target,
    spine.at + 14 * 86400 AS known_at
FROM spine
LEFT JOIN reports
    ON reports.payment_id = spine.row_id
    AND reports.known_at <= spine.at + 14 * 86400
