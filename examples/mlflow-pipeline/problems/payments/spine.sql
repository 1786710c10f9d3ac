-- One row per payment: each is a decision, made when it happens.
SELECT
    payment_id AS row_id,
    time AS at,
    customer_id,
    terminal_id,
    amount,
    channel,
    card,
    device_age_days
FROM payments
CROSS JOIN period
WHERE time >= period.start AND time < period.stop
