create table orders (
  id serial primary key,
  session text not null,
  product integer not null references products (id),
  at timestamptz not null default now()
);

create index orders_by_session on orders (session);
