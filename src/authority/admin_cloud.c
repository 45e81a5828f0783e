/* hallmark customer cloud: who goes where from a cloud registrar (MP 15.2). */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/hash/hash.h"

/* The rules of and of MP 15.2: no attribute without a policy, no
 * est-domain without the certificate of that server. */
static enum reason
check(struct authority *a, const struct customer *c, struct why *why)
{
	static const uint8_t no_key[HASH_SIZE];
	enum reason r = customer_cloud_check(c, why);

	if (r != REASON_OK || c->est_domain[0] == '\0' ||
	    customer_filed(a, c->name, no_key).others > 0)
		return r;
	return why_set(why, REASON_CLOUD_POLICY, -1,
	    "no certificate of the EST server of %s is on file", c->name);
}

/* Every argument but the name is a field. */
static enum reason
planned(struct authority *a, const struct message_admin *m, struct customer *c,
    struct why *why)
{
	char name[CUSTOMER_NAME_MAX + 1];
	enum reason r = admin_text(m, "name", name, sizeof(name), true, why);
	unsigned i;

	if (r == REASON_OK)
		r = customer_current(a, name, c, why);
	for (i = 0; r == REASON_OK && i < m->arguments_len; i++)
		if (strcmp(m->arguments[i].name, "name") != 0)
			r = customer_cloud_set(c,
			    span_str(m->arguments[i].name),
			    m->arguments[i].value, why);
	return r == REASON_OK ? check(a, c, why) : r;
}

/* The act is on record; what was checked before may have changed since. */
static enum reason
put(struct authority *a, struct pending *p, struct why *why)
{
	struct message_admin m;
	struct customer c;
	enum reason r;

	admin_again(p, &m);
	if ((r = planned(a, &m, &c, why)) != REASON_OK)
		return r;
	if (!store_customer_put(a->store, &c, clock_now()))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	customers_load(a);
	return REASON_OK;
}

/* On record with the hash of est-domain, as vouchers name it. */
void
customer_cloud(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char subject[128], hex[HEX_SIZE(HASH_SIZE)] = "none";
	uint8_t hash[HASH_SIZE];
	struct customer c;
	struct pending *p;
	struct why why;
	enum reason r = planned(a, m, &c, &why);

	if ((p = admin_do(a, from, m, r, &why, put)) == NULL)
		return;
	if (c.est_domain[0] != '\0') {
		sha256(span_str(c.est_domain), hash);
		hex_encode(hex, span_of(hash, HASH_SIZE));
	}
	snprintf(subject, sizeof(subject), "%s %s %s", c.name,
	    customer_cloud_text(c.cloud), hex);
	admin_act(a, p, from, m->verb, subject);
}
