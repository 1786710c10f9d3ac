-- What a customer had bought in the 365 days before each Monday. Values are summed in whole pence.
WITH sold AS (
    SELECT customer, invoice, stock_code, known_at AS t, ROUND(quantity * unit_price * 100) AS pence,
        CASE WHEN country = 'United Kingdom' THEN 1 ELSE 0 END AS britain
    FROM lines
    WHERE customer IS NOT NULL
),
-- An invoice whose number begins with C cancels; its values are negative.
history AS (
    SELECT
        spine.row_id,
        COUNT(DISTINCT CASE WHEN sold.pence > 0 THEN sold.stock_code END) AS products,
        SUM(CASE WHEN sold.pence > 0 THEN sold.pence ELSE 0 END) AS bought,
        SUM(CASE WHEN sold.pence > 0 AND sold.t >= spine.at - 90 * 86400 THEN sold.pence ELSE 0 END)
            AS bought_90d,
        SUM(CASE WHEN sold.pence < 0 THEN -sold.pence ELSE 0 END) AS returned,
        MAX(sold.britain) AS britain
    FROM spine
    JOIN sold
        ON sold.customer = spine.customer
        AND sold.t < spine.at
        AND sold.t >= spine.at - 365 * 86400
    GROUP BY spine.row_id
),
orders AS (
    SELECT customer, invoice, MIN(t) AS t
    FROM sold
    WHERE pence > 0
    GROUP BY customer, invoice
),
rhythm AS (
    SELECT
        spine.row_id,
        MAX(spine.at) - MAX(orders.t) AS since_last,
        MAX(spine.at) - MIN(orders.t) AS since_first,
        COUNT(CASE WHEN orders.t >= spine.at - 30 * 86400 THEN 1 END) AS orders_30d,
        COUNT(CASE WHEN orders.t >= spine.at - 90 * 86400 THEN 1 END) AS orders_90d,
        COUNT(*) AS orders_365d
    FROM spine
    JOIN orders
        ON orders.customer = spine.customer
        AND orders.t < spine.at
        AND orders.t >= spine.at - 365 * 86400
    GROUP BY spine.row_id
),
gaps AS (
    SELECT
        row_id,
        CAST(since_first - since_last AS DOUBLE) / NULLIF(orders_365d - 1, 0) AS seconds
    FROM rhythm
)
SELECT
    spine.row_id,
    CAST(COALESCE(rhythm.since_last, 365 * 86400) AS DOUBLE) / 86400 AS days_since_purchase,
    CAST(COALESCE(rhythm.since_first, 365 * 86400) AS DOUBLE) / 86400 AS days_since_first,
    COALESCE(rhythm.orders_30d, 0) AS orders_30d,
    COALESCE(rhythm.orders_90d, 0) AS orders_90d,
    COALESCE(rhythm.orders_365d, 0) AS orders_365d,
    gaps.seconds / 86400 AS days_between_orders,
    CASE WHEN gaps.seconds IS NOT NULL THEN rhythm.since_last / GREATEST(gaps.seconds, 86400) END
        AS overdue,
    COALESCE(history.bought_90d, 0) / 100 AS spent_90d,
    COALESCE(history.bought, 0) / 100 AS spent_365d,
    COALESCE(history.products, 0) AS products_365d,
    COALESCE(history.returned, 0) / NULLIF(history.bought, 0) AS returned_share_365d,
    CASE WHEN history.britain = 1 THEN 'britain' ELSE 'abroad' END AS britain
FROM spine
LEFT JOIN history ON history.row_id = spine.row_id
LEFT JOIN rhythm ON rhythm.row_id = spine.row_id
LEFT JOIN gaps ON gaps.row_id = spine.row_id
