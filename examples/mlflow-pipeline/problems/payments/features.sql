-- What was known about the customer and the terminal just before each payment.
--
-- A row counts from the second AFTER it became known (known_at < spine.at): neither the future nor
-- anything of the same second is in a feature, and a fraud is in one only once it was reported.
-- Rows that were later than 14 days are left out: with windows of 30 days this bounds the history
-- that is needed to the 45 days of problem.toml (one more, because terminals count whole days). Amounts are summed in whole cents, because a sum
-- of doubles depends on the order of addition, and engines differ in it.
WITH decisions AS (
    SELECT row_id, customer_id, terminal_id, spine.at AS t, CAST(FLOOR(spine.at / 86400) AS BIGINT) AS day
    FROM spine
),
known_payments AS (
    SELECT customer_id, terminal_id, known_at AS t, ROUND(amount * 100) AS cents
    FROM payments
    WHERE known_at - time <= 14 * 86400
),
known_frauds AS (
    SELECT customer_id, terminal_id, known_at AS t
    FROM reports
    WHERE known_at - reported_at <= 14 * 86400
),
customers AS (
    SELECT
        decisions.row_id,
        COUNT(CASE WHEN p.t >= decisions.t - 86400 THEN 1 END) AS payments_1d,
        COUNT(CASE WHEN p.t >= decisions.t - 7 * 86400 THEN 1 END) AS payments_7d,
        COUNT(*) AS payments_30d,
        SUM(p.cents) AS cents_30d,
        MAX(decisions.t) - MAX(p.t) AS seconds_since
    FROM decisions
    JOIN known_payments AS p
        ON p.customer_id = decisions.customer_id
        AND p.t < decisions.t
        AND p.t >= decisions.t - 30 * 86400
    GROUP BY decisions.row_id
),
customer_frauds AS (
    SELECT decisions.row_id, COUNT(*) AS frauds_30d
    FROM decisions
    JOIN known_frauds AS f
        ON f.customer_id = decisions.customer_id
        AND f.t < decisions.t
        AND f.t >= decisions.t - 30 * 86400
    GROUP BY decisions.row_id
),
terminal_frauds AS (
    SELECT
        decisions.row_id,
        COUNT(CASE WHEN f.t >= decisions.t - 7 * 86400 THEN 1 END) AS frauds_7d,
        COUNT(*) AS frauds_30d
    FROM decisions
    JOIN known_frauds AS f
        ON f.terminal_id = decisions.terminal_id
        AND f.t < decisions.t
        AND f.t >= decisions.t - 30 * 86400
    GROUP BY decisions.row_id
),
-- A terminal has many payments, so they are counted by whole days: those of the 30 days before today.
terminal_days AS (
    SELECT terminal_id, CAST(FLOOR(t / 86400) AS BIGINT) AS day, COUNT(*) AS payments
    FROM known_payments
    GROUP BY terminal_id, CAST(FLOOR(t / 86400) AS BIGINT)
),
terminals AS (
    SELECT today.terminal_id, today.day, CAST(SUM(before.payments) AS BIGINT) AS payments_30d
    FROM (SELECT DISTINCT terminal_id, day FROM decisions) AS today
    JOIN terminal_days AS before
        ON before.terminal_id = today.terminal_id
        AND before.day < today.day
        AND before.day >= today.day - 30
    GROUP BY today.terminal_id, today.day
)
SELECT
    spine.row_id,
    CAST(spine.at % 86400 AS DOUBLE) / 3600 AS hour,
    (decisions.day + 3) % 7 AS weekday,
    COALESCE(customers.payments_1d, 0) AS customer_payments_1d,
    COALESCE(customers.payments_7d, 0) AS customer_payments_7d,
    COALESCE(customers.payments_30d, 0) AS customer_payments_30d,
    spine.amount * 100 * customers.payments_30d / customers.cents_30d AS amount_ratio,
    CAST(customers.seconds_since AS DOUBLE) / 3600 AS hours_since_payment,
    COALESCE(customer_frauds.frauds_30d, 0) AS customer_frauds_30d,
    COALESCE(terminals.payments_30d, 0) AS terminal_payments_30d,
    COALESCE(terminal_frauds.frauds_7d, 0) AS terminal_frauds_7d,
    CAST(100 * COALESCE(terminal_frauds.frauds_30d, 0) AS DOUBLE) / terminals.payments_30d
        AS terminal_fraud_share_30d
FROM spine
JOIN decisions ON decisions.row_id = spine.row_id
LEFT JOIN customers ON customers.row_id = spine.row_id
LEFT JOIN customer_frauds ON customer_frauds.row_id = spine.row_id
LEFT JOIN terminal_frauds ON terminal_frauds.row_id = spine.row_id
LEFT JOIN terminals
    ON terminals.terminal_id = decisions.terminal_id AND terminals.day = decisions.day
