/*
 * What an operator's program asks: an ADMIN frame's payload, whose arguments verbs
 * take as text, numbers and signatures, and as the fields of what they change.
 * Whatever the verb says, they are taken as by each. What fields mean: fields.h.
 */
#include "authority/authority.h"
#include "base/text.h"
#include "fuzz.h"
#include "model/block.h"
#include "model/customer.h"
#include "model/product.h"
#include "wire/cbor.h"

/* Verbs' ways to read a request, and whether each took one with an argument of its
 * own up to now. */
enum way { TEXT, NUMBER, SIGNATURES, PRODUCT, POLICY, CUSTOMER, CLIENT, WAYS };
static const char *const ways[WAYS] = { "text", "number", "signatures",
	"product", "policy", "customer", "client" };
static bool met[WAYS];

const char *
corpus_lacks(void)
{
	return first_unmet(met, ways, WAYS);
}

static uint64_t
argument_read(const struct message_admin *m, const char *name, uint64_t digest)
{
	char text[128];
	struct why why;
	uint64_t n;

	if (admin_text(m, name, text, sizeof(text), true, &why) == REASON_OK) {
		require(text_printable(span_str(text)) && text[0] != '\0');
		digest = digest_add(digest, text, strlen(text));
		met[TEXT] = true;
	}
	if (admin_number(m, name, 1000, 1001, &n, &why) == REASON_OK) {
		require(n <= 1000);
		digest = digest_add(digest, &n, sizeof(n));
		met[NUMBER] = true;
	}
	return digest;
}

static bool
signatures_take(const struct message_admin *m)
{
	struct span each[END_SIGNATURES];
	struct why why;
	unsigned i, len;

	if (admin_signatures(m, each, &len, &why) != REASON_OK || len == 0)
		return false;
	require(len == END_SIGNATURES);
	for (i = 0; i < len; i++)
		require(each[i].len > 0 && each[i].len <= END_SIGNATURE_MAX);
	return true;
}

static bool
is_name(const struct admin_argument *a)
{
	return strcmp(a->name, "name") == 0;
}

/* product add */
static bool
product_take(const struct message_admin *m)
{
	struct product p;
	struct why why;
	unsigned i;

	product_defaults(&p);
	if (admin_text(m, "name", p.name, sizeof(p.name), true, &why) !=
	    REASON_OK)
		return false;
	for (i = 0; i < m->arguments_len; i++)
		if (!is_name(&m->arguments[i]) &&
		    product_set(&p, span_str(m->arguments[i].name),
			m->arguments[i].value, &why) != REASON_OK)
			return false;
	if (product_check(&p, &why) != REASON_OK ||
	    product_url_check(&p, &why) != REASON_OK)
		return false;
	require(product_name_valid(p.name));
	require(p.counter_width >= 4 && p.counter_width <= 12);
	require((p.token[0] == '\0') == (p.scheme[0] != '\0') || p.import_only);
	return true;
}

/* ca policy */
static bool
policy_take(const struct message_admin *m)
{
	const char *const *name;
	struct key_policy p;
	struct span value;
	struct why why;
	bool any = false;

	key_policy_defaults(&p, PURPOSE_IDEVID_CA);
	for (name = key_policy_names; *name != NULL; name++) {
		value = admin_argument(m, *name);
		if (value.ptr == NULL)
			continue;
		if (key_policy_set(&p, *name, value, &why) != REASON_OK)
			return false;
		any = true;
	}
	return key_policy_check(&p, PURPOSE_IDEVID_CA, &why) == REASON_OK &&
	    any;
}

/* customer set, customer cloud */
static bool
customer_take(const struct message_admin *m)
{
	const struct admin_argument *a;
	struct customer c = { 0 };
	struct why why;
	bool any = false;

	for (a = m->arguments; a < m->arguments + m->arguments_len; a++) {
		if (is_name(a))
			continue;
		if (customer_set(&c, span_str(a->name), a->value, &why) !=
			REASON_OK &&
		    customer_cloud_set(&c, span_str(a->name), a->value, &why) !=
			REASON_OK)
			return false;
		any = true;
	}
	return customer_cloud_check(&c, &why) == REASON_OK && any;
}

/* client block */
static bool
client_take(const struct message_admin *m)
{
	struct block_name n;
	struct why why;

	return block_name_read(&n, admin_argument(m, "name"), &why) ==
	    REASON_OK;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static bool (*const takes[WAYS])(const struct message_admin *m) = {
		[SIGNATURES] = signatures_take,
		[PRODUCT] = product_take,
		[POLICY] = policy_take,
		[CUSTOMER] = customer_take,
		[CLIENT] = client_take,
	};
	uint64_t digest = ACCEPTED;
	struct message_admin m;
	struct cbor c;
	unsigned i;

	cbor_open(&c, span_of(bytes, len), true);
	memset(&m, 0, sizeof(m));
	if (!message_admin_get(&c, &m))
		return 0;
	for (i = 0; i < m.arguments_len; i++)
		digest = argument_read(&m, m.arguments[i].name, digest);
	for (i = 0; i < WAYS; i++)
		if (takes[i] != NULL && takes[i](&m)) {
			digest = digest_add(digest, ways[i], 1);
			met[i] = true;
		}
	return digest;
}
