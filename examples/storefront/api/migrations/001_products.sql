create table products (
  id serial primary key,
  name text not null unique,
  cents integer not null check (cents > 0)
);
