/* Customers, and what is on file for them. */
#include "store/internal.h"

static void
take_customer(const struct value *row, struct customer *c)
{
	memset(c, 0, sizeof(*c));
	take_text(c->name, sizeof(c->name), &row[0]);
	c->pin[FORMAT_CMS_JSON] = (enum pin_policy)row[1].number;
	c->pin[FORMAT_JWS_JSON] = (enum pin_policy)row[2].number;
	c->pin[FORMAT_COSE_CBOR] = (enum pin_policy)row[3].number;
	c->cloud = (enum customer_cloud)row[4].number;
	take_text(c->est_domain, sizeof(c->est_domain), &row[5]);
	take_text(c->configuration_url, sizeof(c->configuration_url), &row[6]);
	c->ended = row[7].number != 0;
}

#define CUSTOMER                                                       \
	"SELECT name, pin_cms, pin_jws, pin_cose, cloud, est_domain, " \
	"configuration_url, ended FROM customer "

struct each_customer {
	void (*call)(void *context, const struct customer *c);
	void *context;
	struct customer *out; /* of a search; NULL before something is found */
	bool found;
};

static bool
next_customer(void *context, const struct value *row, unsigned n)
{
	struct each_customer *e = context;
	struct customer c;

	(void)n;
	take_customer(row, &c);
	e->found = true;
	if (e->out != NULL)
		*e->out = c;
	else
		e->call(e->context, &c);
	return true;
}

bool
store_customer_find(struct store *s, const char *name, struct customer *out)
{
	struct each_customer e = { .out = out };

	store_read(s, CUSTOMER "WHERE name = ?1", VALUES(value_text(name)),
	    next_customer, &e);
	return e.found;
}

void
store_customer_each(struct store *s,
    void (*call)(void *context, const struct customer *c), void *context)
{
	struct each_customer e = { .call = call, .context = context };

	store_read(s, CUSTOMER "ORDER BY name", NULL, 0, next_customer, &e);
}

bool
store_customer_put(struct store *s, const struct customer *c, int64_t now)
{
	return store_change(s,
	    "INSERT INTO customer (name, pin_cms, pin_jws, pin_cose, added, "
	    "cloud, est_domain, configuration_url, ended) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (name) DO "
	    "UPDATE SET pin_cms = ?2, pin_jws = ?3, pin_cose = ?4, cloud = ?6, "
	    "est_domain = ?7, configuration_url = ?8, ended = ?9",
	    VALUES(value_text(c->name), value_number(c->pin[FORMAT_CMS_JSON]),
		value_number(c->pin[FORMAT_JWS_JSON]),
		value_number(c->pin[FORMAT_COSE_CBOR]), value_number(now),
		value_number(c->cloud), value_text(c->est_domain),
		value_text(c->configuration_url), value_number(c->ended)));
}

bool
store_customer_certificate_add(
    struct store *s, const struct store_customer_certificate *c)
{
	const struct chain_entry *e = &c->entry;

	return store_change(s,
	    "INSERT INTO customer_certificate (customer, kind, spki, "
	    "issuer_name, domain_id, public_policy, not_after, subject, "
	    "certificate, since, until, ca) VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)",
	    VALUES(value_text(c->customer), value_number(c->kind),
		value_bytes(e->spki_sha256, HASH_SIZE),
		value_bytes(e->issuer_name_sha256, HASH_SIZE),
		value_bytes(e->domain_id, e->domain_id_len),
		value_number(e->public_policy), value_number(e->not_after),
		value_text(c->subject),
		value_bytes(e->certificate.ptr, e->certificate.len),
		value_number(c->since), value_number(e->ca)));
}

void
store_customer_certificate_end(
    struct store *s, const char *customer, int64_t now)
{
	(void)store_change(s,
	    "UPDATE customer_certificate SET until = ?2 "
	    "WHERE customer = ?1 AND until = 0",
	    VALUES(value_text(customer), value_number(now)));
}

bool
store_customer_certificate_forget(struct store *s, const char *customer,
    const uint8_t spki_sha256[HASH_SIZE], int64_t now)
{
	return store_change(s,
	    "UPDATE customer_certificate SET until = ?3 "
	    "WHERE customer = ?1 AND spki = ?2 AND until = 0",
	    VALUES(value_text(customer), value_bytes(spki_sha256, HASH_SIZE),
		value_number(now)));
}

struct each_certificate {
	customer_certificate_call call;
	void *context;
};

static bool
next_certificate(void *context, const struct value *row, unsigned n)
{
	struct each_certificate *e = context;
	struct store_customer_certificate c = { 0 };

	(void)n;
	take_text(c.customer, sizeof(c.customer), &row[0]);
	c.kind = (enum customer_certificate_kind)row[1].number;
	take_hash(c.entry.spki_sha256, &row[2]);
	take_hash(c.entry.issuer_name_sha256, &row[3]);
	c.entry.domain_id_len =
	    take_octets(c.entry.domain_id, sizeof(c.entry.domain_id), &row[4]);
	c.entry.public_policy = row[5].number != 0;
	c.entry.not_after = row[6].number;
	take_text(c.subject, sizeof(c.subject), &row[7]);
	c.entry.certificate = row[8].bytes;
	c.since = row[9].number;
	c.until = row[10].number;
	c.entry.ca = row[11].number != 0;
	return e->call(e->context, &c);
}

#define CERTIFICATE                                                      \
	"SELECT customer, kind, spki, issuer_name, domain_id, "          \
	"public_policy, not_after, subject, certificate, since, until, " \
	"ca "                                                            \
	"FROM customer_certificate "

void
store_customer_certificate_each(struct store *s, const char *customer,
    customer_certificate_call call, void *context)
{
	struct each_certificate e = { call, context };

	const char *sql = CERTIFICATE "WHERE until = 0 AND customer = ?1 "
				      "ORDER BY since DESC, spki";

	if (customer[0] == '\0')
		sql = CERTIFICATE "WHERE until = 0 AND ?1 = '' "
				  "ORDER BY since DESC, spki";
	store_read(s, sql, VALUES(value_text(customer)), next_certificate, &e);
}

void
store_customer_certificate_history(struct store *s, const char *customer,
    customer_certificate_call call, void *context)
{
	struct each_certificate e = { call, context };

	store_read(s,
	    CERTIFICATE "WHERE customer = ?1 ORDER BY since DESC, spki",
	    VALUES(value_text(customer)), next_certificate, &e);
}

void
store_customer_certificate_get(struct store *s,
    const uint8_t spki_sha256[HASH_SIZE], customer_certificate_call call,
    void *context)
{
	struct each_certificate e = { call, context };

	store_read(s, CERTIFICATE "WHERE spki = ?1",
	    VALUES(value_bytes(spki_sha256, HASH_SIZE)), next_certificate, &e);
}

bool
store_customer_pinned(struct store *s, const struct device *d,
    const uint8_t spki_sha256[HASH_SIZE])
{
	bool found = false;

	/* k: the customer is known by it; c: what was pinned. Kinds as in
	 * customer_certificate. CROSS: in this order, since a device may have very
	 * many vouchers and a customer has few keys. */
	store_read(s,
	    "SELECT 1 FROM customer_certificate k "
	    "CROSS JOIN customer_certificate c ON c.customer = k.customer "
	    "CROSS JOIN voucher v ON v.pin_spki = c.spki "
	    "WHERE v.serial = ?1 AND v.issuer_kind = ?2 AND v.issuer = ?3 "
	    "AND k.spki = ?4 AND k.kind <> 3 AND c.kind <> 2 "
	    "AND k.since <= v.created AND (k.until = 0 OR "
	    "k.until >= v.created) "
	    "AND c.since <= v.created AND (c.until = 0 OR "
	    "c.until >= v.created) LIMIT 1",
	    VALUES(value_text(d->serial), value_number(d->issuer.kind),
		value_bytes(d->issuer.bytes, d->issuer.len),
		value_bytes(spki_sha256, HASH_SIZE)),
	    take_seen, &found);
	return found;
}
