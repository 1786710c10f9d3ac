-- A purchase in the 30 days from the decision on; both labels count once those days are over.
-- The number must stay equal to maturity_days in problem.toml.
SELECT
    spine.row_id,
    MAX(CASE WHEN sold.customer IS NULL THEN 0 ELSE 1 END) AS target,
    MAX(spine.at) + 30 * 86400 AS known_at
FROM spine
LEFT JOIN (
    SELECT customer, known_at AS t
    FROM lines
    WHERE quantity > 0 AND invoice NOT LIKE 'C%'
) AS sold
    ON sold.customer = spine.customer
    AND sold.t >= spine.at
    AND sold.t < spine.at + 30 * 86400
GROUP BY spine.row_id
