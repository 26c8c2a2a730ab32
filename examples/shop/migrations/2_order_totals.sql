-- The release before this one still serves while this runs and goes on to insert without the column: it may be null.
alter table orders add column total_cents bigint;

update orders set total_cents = orders.quantity * products.price_cents
from products where products.sku = orders.sku and orders.total_cents is null;
