create table shipments (
  "order" integer primary key references orders (id),
  at timestamptz not null default now()
);
