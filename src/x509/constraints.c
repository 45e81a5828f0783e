/* Constraints on names and policies, see constraints.h. */
#include "x509/constraints.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/error.h"
#include "crypto/oid.h"

/* In units of signature_work(), as measured with the names that take libcrypto
 * longest: what a certificate costs that is decoded, octets of one that cost one
 * more, and octets of names times octets of constraints. */
#define DECODED	       6
#define OCTETS_EACH    150
#define COMPARISONS_OF 40000

static bool
are_there(const struct certificate *chain, unsigned len)
{
	unsigned i;

	for (i = 1; i < len; i++)
		if (chain[i].name_constraints.ptr != NULL)
			return true;
	return false;
}

/* What is at most to be done, by the octets alone: whatever the names are, none is
 * compared by more than its octets with more than the octets of a constraint. */
static uint64_t
work_of(const struct certificate *chain, unsigned len)
{
	uint64_t work = 0, comparisons = 0;
	unsigned i, j;

	for (i = 0; i < len; i++) {
		work += DECODED + chain[i].der.len / OCTETS_EACH;
		for (j = i + 1; j < len; j++)
			comparisons += (uint64_t)chain[j].name_constraints.len *
			    (chain[i].subject.len +
				chain[i].subject_alt_name.len);
	}
	return work + comparisons / COMPARISONS_OF;
}

static NAME_CONSTRAINTS *
constraints_read(struct span value)
{
	const unsigned char *at = value.ptr;
	NAME_CONSTRAINTS *read = (NAME_CONSTRAINTS *)ASN1_item_d2i(
	    NULL, &at, (long)value.len, ASN1_ITEM_rptr(NAME_CONSTRAINTS));

	if (read != NULL && at == value.ptr + value.len)
		return read;
	NAME_CONSTRAINTS_free(read);
	return NULL;
}

/* A certificate of which libcrypto will know the names alone: it would read all
 * extensions that it knows, and some take it very long. */
static X509 *
names_read(const struct certificate *c)
{
	const unsigned char *at = c->der.ptr;
	X509 *x = d2i_X509(NULL, &at, (long)c->der.len);
	int i;

	if (x == NULL)
		return NULL;
	for (i = X509_get_ext_count(x) - 1; i >= 0; i--)
		if (OBJ_obj2nid(X509_EXTENSION_get_object(
			X509_get_ext(x, i))) != NID_subject_alt_name)
			X509_EXTENSION_free(X509_delete_ext(x, i));
	if (X509_check_purpose(x, -1, 0) == 1)
		return x;
	X509_free(x);
	return NULL;
}

/* -1: the alternative names cannot be read. */
static int
has_dns_name(X509 *x)
{
	int error = -1, i, found = 0;
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(x, NID_subject_alt_name, &error, NULL);

	if (all == NULL)
		return error == -1 ? 0 : -1;
	for (i = 0; i < sk_GENERAL_NAME_num(all); i++)
		found |= sk_GENERAL_NAME_value(all, i)->type == GEN_DNS;
	GENERAL_NAMES_free(all);
	return found;
}

/* An end entity without a DNS name may have one in its common names, which
 * libcrypto compares as well. */
static int
names_compare(X509 *x, NAME_CONSTRAINTS *above, bool end_entity)
{
	int error = NAME_CONSTRAINTS_check(x, above), has;

	if (error != X509_V_OK || !end_entity)
		return error;
	if ((has = has_dns_name(x)) < 0)
		return X509_V_ERR_UNSUPPORTED_NAME_SYNTAX;
	return has > 0 ? X509_V_OK : NAME_CONSTRAINTS_check_CN(x, above);
}

/* The names of chain[i] and all constraints above it. */
static int
one_check(const struct certificate *chain, unsigned len, unsigned i,
    NAME_CONSTRAINTS *const *above)
{
	int error = X509_V_OK;
	X509 *x;
	unsigned j;

	if (i > 0 && certificate_self_issued(&chain[i]))
		return X509_V_OK;
	if ((x = names_read(&chain[i])) == NULL)
		return X509_V_ERR_INVALID_EXTENSION;
	for (j = i + 1; error == X509_V_OK && j < len; j++)
		if (above[j] != NULL)
			error = names_compare(x, above[j], i == 0);
	X509_free(x);
	return error;
}

static enum reason
names_check(const struct certificate *chain, unsigned len, struct why *why)
{
	NAME_CONSTRAINTS *above[CHAIN_MAX] = { NULL };
	int error = X509_V_OK;
	uint64_t work;
	unsigned i;

	if (!are_there(chain, len))
		return REASON_OK;
	if ((work = work_of(chain, len)) > CONSTRAINTS_WORK_MAX)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "name constraints and names below them that take the work "
		    "of %llu signatures to compare, over %u",
		    (unsigned long long)work, CONSTRAINTS_WORK_MAX);
	signature_work_add(work);
	for (i = 1; error == X509_V_OK && i < len; i++)
		if (chain[i].name_constraints.ptr != NULL &&
		    (above[i] = constraints_read(chain[i].name_constraints)) ==
			NULL)
			error = X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX;
	for (i = len - 1; error == X509_V_OK && i-- > 0;)
		error = one_check(chain, len, i, above);
	for (i = 1; i < len; i++)
		NAME_CONSTRAINTS_free(above[i]);
	if (error == X509_V_OK)
		return REASON_OK;
	crypto_refused();
	return why_set(why, REASON_REGISTRAR_PATH, -1,
	    "the names of the path: %s", X509_verify_cert_error_string(error));
}

/* --- policies --- */

/* The valid_policy_tree of RFC 5280 6.1.2: without mappings a set will do. NULL there
 * is empty here. */
struct policies {
	bool any;
	unsigned len;
	struct span list[CERTIFICATE_POLICIES_MAX];
};

static bool
has_policy(const struct policies *p, struct span policy)
{
	unsigned i;

	for (i = 0; i < p->len; i++)
		if (span_eq(p->list[i], policy))
			return true;
	return p->any;
}

/* 6.1.3 (d) and (e): what is left of it below c. */
static void
policies_narrow(
    struct policies *p, const struct certificate *c, bool any_allowed)
{
	static const uint8_t any[] = { 0x55, 0x1d, 0x20, 0 };
	struct policies left = { .any = false };
	unsigned i;

	if (any_allowed && certificate_has_policy(c, OID_SPAN(any)))
		return;
	for (i = 0; i < c->policies_len; i++)
		if (!span_eq(c->policies[i], OID_SPAN(any)) &&
		    has_policy(p, c->policies[i]))
			left.list[left.len++] = c->policies[i];
	*p = left;
}

static void
count_down(unsigned *count)
{
	if (*count > 0)
		--*count;
}

static void
count_lower(unsigned *count, bool has, unsigned to)
{
	if (has && to < *count)
		*count = to;
}

static enum reason
policies_check(const struct certificate *chain, unsigned len, struct why *why)
{
	struct policies valid = { .any = true };
	unsigned explicit_policy = CHAIN_MAX + 1, any_policy = CHAIN_MAX + 1, i;

	for (i = len; i-- > 0;) {
		const struct certificate *c = &chain[i];
		bool counts = i == 0 || !certificate_self_issued(c);

		if (i + 1 < len) {
			policies_narrow(&valid, c, any_policy > 0 || !counts);
			if (counts) {
				count_down(&explicit_policy);
				count_down(&any_policy);
			}
		}
		count_lower(&explicit_policy, c->has_require_explicit_policy,
		    c->require_explicit_policy);
		count_lower(&any_policy, c->has_inhibit_any_policy,
		    c->inhibit_any_policy);
		/* 6.1.5 (g) for the signer's; for others what 6.1.3 (f) would find
		 * at the next one, since what is empty stays so. */
		if (explicit_policy == 0 && !valid.any && valid.len == 0)
			return why_set(why, REASON_REGISTRAR_PATH, -1,
			    "a CA of the path requires policies, of which none "
			    "is left at certificate %u",
			    i);
	}
	return REASON_OK;
}

enum reason
constraints_check(
    const struct certificate *chain, unsigned len, struct why *why)
{
	enum reason r = names_check(chain, len, why);

	return r != REASON_OK ? r : policies_check(chain, len, why);
}
