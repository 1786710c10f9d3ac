-- One row per Monday, and per customer who bought something in the 365 days before it.
-- Day 0 (1970-01-01) was a Thursday, so (day + 3) % 7 counts from Monday.
WITH days AS (
    SELECT DISTINCT customer, CAST(FLOOR(known_at / 86400) AS BIGINT) AS day
    FROM lines
    WHERE customer IS NOT NULL AND quantity > 0 AND invoice NOT LIKE 'C%'
),
mondays AS (
    SELECT DISTINCT day - (day + 3) % 7 + 7 AS monday
    FROM days
)
SELECT DISTINCT
    CONCAT(CAST(CAST(days.customer AS BIGINT) AS STRING), '-', CAST(mondays.monday AS STRING))
        AS row_id,
    mondays.monday * 86400 AS at,
    days.customer
FROM mondays
CROSS JOIN period
JOIN days ON days.day < mondays.monday AND days.day >= mondays.monday - 365
WHERE mondays.monday * 86400 >= period.start AND mondays.monday * 86400 < period.stop
