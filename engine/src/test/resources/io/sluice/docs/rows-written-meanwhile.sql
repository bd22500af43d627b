-- tag::default[]
alter table orders add column currency text;
alter table orders alter column currency set default 'EUR';
-- end::default[]

-- tag::trigger[]
create function users_email_lower() returns trigger language plpgsql as $$
begin
    new.email_lower := lower(new.email);
    return new;
end
$$;
create trigger users_email_lower before insert or update of email on users
    for each row execute function users_email_lower();
-- end::trigger[]
