create table products (
    sku text primary key,
    name text not null,
    price_cents bigint not null check (price_cents >= 0),
    stock integer not null check (stock >= 0)
);

create table orders (
    -- The client's own key: an order that is sent again, after a timeout for example, is the same order.
    key text primary key,
    sku text not null references products (sku),
    quantity integer not null check (quantity > 0),
    placed_at timestamptz not null default now()
);

insert into products (sku, name, price_cents, stock) values ('tea', 'Green tea', 450, 1000), ('cup', 'Cup', 1200, 5);
