/* The rules of a plan (IP 8, IP 9, R-3.3, R-3.4), and what it names. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "ceremony/bundle.h"
#include "ceremony/ceremony.h"
#include "ceremony/plan.h"
#include "envelope/pem.h"

/* --- people --- */

static unsigned
count_role(const struct plan *p, unsigned role)
{
	unsigned i, n = 0;

	for (i = 0; i < p->attendees_len; i++)
		n += (p->attendees[i].roles & role) != 0;
	return n;
}

const struct attendee *
plan_custodian(const struct plan *p, unsigned n)
{
	unsigned i;

	for (i = 0; i < p->attendees_len; i++)
		if ((p->attendees[i].roles & ROLE_CUSTODIAN) != 0 && n-- == 0)
			return &p->attendees[i];
	return NULL;
}

static enum reason
check_roles(const struct plan *p, struct why *why)
{
	static const struct {
		unsigned role, low, high;
	} needs[] = {
		{ ROLE_ADMINISTRATOR, 1, 1 },
		{ ROLE_OPERATOR, 1, 1 },
		{ ROLE_WITNESS, 2, ATTENDEES_MAX },
		{ ROLE_AUDITOR, 1, 1 },
	};
	unsigned i, n, least;

	for (i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		n = count_role(p, needs[i].role);
		if (n < needs[i].low || n > needs[i].high)
			return why_set(why, REASON_PLAN_ROLES, -1,
			    "%u with the role %s, and there must be %s %u", n,
			    role_word(needs[i].role),
			    needs[i].high == 1 ? "exactly" : "at least",
			    needs[i].low);
	}
	n = count_role(p, ROLE_CUSTODIAN);
	/* Where shares are made, all; where they are used, a quorum; where they
	 * are destroyed, so many that the others are none. */
	least = p->kind == PLAN_CREATE || p->kind == PLAN_REFRESH ? p->shares
	    : p->kind == PLAN_DESTROY ? p->shares - p->threshold + 1
				      : p->threshold;
	if (n < least || n > p->shares)
		return why_set(why, REASON_PLAN_ROLES, -1,
		    "%u custodians for %u of %u shares", n, p->threshold,
		    p->shares);
	return REASON_OK;
}

/* Two people judge the script before anybody comes together, and none of them is a
 * custodian, who could gain a root by it. */
static enum reason
check_approvers(const struct plan *p, struct why *why)
{
	unsigned i, n = 0;

	for (i = 0; i < p->attendees_len; i++) {
		if (!p->attendees[i].approves)
			continue;
		if ((p->attendees[i].roles & ROLE_CUSTODIAN) != 0)
			return why_set(why, REASON_PLAN_ROLES, -1,
			    "%s: a custodian does not approve the script",
			    p->attendees[i].handle);
		n++;
	}
	if (n < 2)
		return why_set(why, REASON_PLAN_ROLES, -1,
		    "%u with approves = yes, and there must be at least 2", n);
	return REASON_OK;
}

/* One person is one attendee: by name and by key. */
static enum reason
check_persons(const struct plan *p, struct why *why)
{
	unsigned i, j;

	for (i = 0; i < p->attendees_len; i++) {
		const struct attendee *a = &p->attendees[i];

		if ((a->key.len > 0) == a->paper)
			return why_set(why, REASON_PLAN_ROLES, -1,
			    "%s: a key, or acknowledges = on paper", a->handle);
		for (j = 0; j < i; j++) {
			const struct attendee *b = &p->attendees[j];

			if (strcmp(a->name, b->name) == 0 ||
			    (a->key.len > 0 &&
				span_eq(span_of(a->key.blob, a->key.len),
				    span_of(b->key.blob, b->key.len))))
				return why_set(why, REASON_PLAN_ROLES, -1,
				    "%s and %s have one name or one key",
				    b->handle, a->handle);
		}
	}
	return REASON_OK;
}

unsigned
plan_old_shares(const struct plan *p)
{
	return p->old_shares != 0 ? p->old_shares : p->shares;
}

unsigned
plan_unseen_most(const struct plan *p)
{
	return p->kind == PLAN_DESTROY
	    ? p->threshold - 1 + count_role(p, ROLE_CUSTODIAN) - p->shares
	    : p->threshold - 1;
}

/* --- places and managers --- */

static bool
place_known(const struct plan *p, const char *handle)
{
	unsigned i;

	for (i = 0; i < p->places_len; i++)
		if (strcmp(p->places[i].handle, handle) == 0)
			return true;
	return false;
}

/* How many custodians share what lies at this offset of them. */
static unsigned
count_same(const struct plan *p, size_t offset, const char *what)
{
	const struct attendee *a;
	unsigned i, n = 0;

	for (i = 0; (a = plan_custodian(p, i)) != NULL; i++)
		n += strcmp((const char *)a + offset, what) == 0;
	return n;
}

/* Whoever breaks into one place, or gives orders to one group of people, must not
 * come by a quorum (R-3.4, IP 8 "no manager holds k"). An exception is the only way
 * around it, and the script shows that. */
static enum reason
check_places(const struct plan *p, struct why *why)
{
	const struct attendee *a;
	unsigned i;

	for (i = 0; (a = plan_custodian(p, i)) != NULL; i++) {
		if (!place_known(p, a->place))
			return why_set(why, REASON_SPLIT_PLACES, -1,
			    "%s: the place of the share is not in the plan",
			    a->handle);
		if (p->exception[0] != '\0')
			continue;
		if (count_same(p, offsetof(struct attendee, place), a->place) >=
		    p->threshold)
			return why_set(why, REASON_SPLIT_PLACES, -1,
			    "%s would hold %u shares", a->place, p->threshold);
		if (a->manager[0] != '\0' &&
		    count_same(p, offsetof(struct attendee, manager),
			a->manager) >= p->threshold)
			return why_set(why, REASON_SPLIT_PLACES, -1,
			    "people of %s would hold %u shares", a->manager,
			    p->threshold);
	}
	return REASON_OK;
}

/* Once each, whoever gives orders to so many that they have a quorum. */
static void
warn_managers(const struct plan *p, struct buf *out)
{
	const struct attendee *a, *b;
	unsigned i, j, n;

	for (i = 0; (a = plan_custodian(p, i)) != NULL; i++) {
		for (j = 0; j < i && (b = plan_custodian(p, j)) != NULL; j++)
			if (strcmp(a->manager, b->manager) == 0)
				break;
		n = count_same(
		    p, offsetof(struct attendee, manager), a->manager);
		if (j == i && a->manager[0] != '\0' && n >= p->threshold)
			(void)buf_printf(out,
			    "people of %s hold %u of %u shares, a quorum: they "
			    "have the key\n",
			    a->manager, n, p->shares);
	}
}

/* Places and managers with a quorum are here by an exception only, which need not have
 * been written for them. */
void
plan_warnings(const struct plan *p, struct buf *out)
{
	unsigned i, n, used = 0;

	for (i = 0; i < p->places_len; i++) {
		n = count_same(
		    p, offsetof(struct attendee, place), p->places[i].handle);
		used += n > 0;
		if (n >= p->threshold)
			(void)buf_printf(out,
			    "%s holds %u of %u shares, a quorum: who breaks in "
			    "there has the key\n",
			    p->places[i].handle, n, p->shares);
		if (n > p->shares - p->threshold)
			(void)buf_printf(out,
			    "%s holds %u of %u shares: to lose it loses the "
			    "key\n",
			    p->places[i].handle, n, p->shares);
	}
	if (used < 3)
		(void)buf_printf(
		    out, "shares lie in %u places, R-3.3 asks for 3\n", used);
	warn_managers(p, out);
	if (p->exception[0] != '\0')
		(void)buf_printf(
		    out, "a written exception is used: %s\n", p->exception);
}

/* --- the split --- */

/* k over half of n: no two disjoint quorums (IP 8). */
static enum reason
check_split(const struct plan *p, struct why *why)
{
	bool usual = p->shares >= 7 && p->shares <= 9 && p->threshold >= 4 &&
	    p->threshold <= 5 && 2 * p->threshold > p->shares;

	if (p->threshold > p->shares)
		return why_set(why, REASON_SPLIT_POLICY, -1, "%u of %u",
		    p->threshold, p->shares);
	if (p->old_shares != 0 &&
	    (p->kind != PLAN_REFRESH || p->old_shares < p->threshold))
		return why_set(why, REASON_SPLIT_POLICY, -1,
		    "old-shares is of a refresh, and at least the threshold");
	/* A drill needs a quorum other than the first one. */
	if (p->threshold == p->shares && p->exception[0] != '\0')
		return why_set(why, REASON_SPLIT_POLICY, -1,
		    "%u of %u: to lose one share would lose the key",
		    p->threshold, p->shares);
	if (!usual && p->exception[0] == '\0')
		return why_set(why, REASON_SPLIT_POLICY, -1,
		    "%u of %u, and no exception", p->threshold, p->shares);
	return REASON_OK;
}

/* --- roots and what they sign --- */

bool
plan_follows(const struct plan *p)
{
	static const uint8_t none[HASH_SIZE];

	return memcmp(p->previous, none, HASH_SIZE) != 0;
}

/* A root that is to be made cannot be known yet; one that exists must be. */
static enum reason
check_roots(const struct plan *p, struct why *why)
{
	static const uint8_t none[HASH_SIZE];
	unsigned i;

	if (p->roots_len == 0)
		return why_set(why, REASON_PLAN_OBJECT, -1, "no root");
	if (p->kind != PLAN_CREATE && !plan_follows(p))
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "a root that exists came from a ceremony: previous is "
		    "missing");
	if (p->roots_len == 2 && p->roots[0].purpose == p->roots[1].purpose)
		return why_set(
		    why, REASON_PLAN_OBJECT, -1, "both roots have one purpose");
	for (i = 0; i < p->roots_len; i++) {
		const struct plan_root *r = &p->roots[i];
		bool named = r->file[0] != '\0' &&
		    memcmp(r->certificate_sha256, none, HASH_SIZE) != 0;

		if (named != (p->kind != PLAN_CREATE))
			return why_set(why, REASON_PLAN_OBJECT, -1,
			    p->kind == PLAN_CREATE
				? "%s is to be made and has a certificate"
				: "%s needs certificate and its hash",
			    r->handle);
	}
	return REASON_OK;
}

static bool
lies_below(const struct plan_policy *policy, const struct plan_policy *above)
{
	return above->len > 0 && policy->len > above->len &&
	    memcmp(policy->oid, above->oid, above->len) == 0;
}

static enum reason
check_item(struct plan *p, struct plan_item *item, struct why *why)
{
	const struct plan_item *other;
	unsigned i;
	bool ca;

	for (i = 0; i < p->roots_len; i++)
		if (strcmp(p->roots[i].handle, item->root_handle) == 0)
			item->root = &p->roots[i];
	if (item->root == NULL)
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s: no such root: %s", item->handle, item->root_handle);
	ca = item->root->purpose == PURPOSE_IDEVID_CA;
	if (ca ? item->slot[0] == '\0' || item->days != 0
	       : item->slot[0] != '\0')
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s: an issuing CA has a slot and never ends, a voucher "
		    "signer has no slot",
		    item->handle);
	if (item->product_policy.len > 0 &&
	    (ca || !lies_below(&item->product_policy, &p->voucher_policy)))
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s: product-policy is of voucher signers, and lies below "
		    "voucher-policy",
		    item->handle);
	if (!ca && item->algorithm > 1)
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s: a voucher signer has a key on P-256 or P-384",
		    item->handle);
	for (other = p->items; other < item; other++)
		if (other->root == item->root &&
		    strcmp(other->slot, item->slot) == 0 &&
		    other->number == item->number)
			return why_set(why, REASON_PLAN_OBJECT, -1,
			    "%s and %s would have one name", other->handle,
			    item->handle);
	return REASON_OK;
}

/* IP 4, IP 6: whoever may certify devices must not look as if it might sign
 * vouchers, and anyPolicy says both. */
static enum reason
check_policies(const struct plan *p, struct why *why)
{
	static const char any[] = "2.5.29.32.0";

	if (strcmp(p->idevid_policy.text, any) == 0 ||
	    strcmp(p->voucher_policy.text, any) == 0)
		return why_set(
		    why, REASON_PLAN_OBJECT, -1, "anyPolicy is no policy");
	if (p->idevid_policy.len > 0 &&
	    strcmp(p->idevid_policy.text, p->voucher_policy.text) == 0)
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "one policy for issuing CAs and voucher signers");
	/* Where those of products are (L06). */
	if (lies_below(&p->idevid_policy, &p->voucher_policy))
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "idevid-policy lies below voucher-policy");
	if (p->voucher_policy_form != POLICY_CERTIFICATE &&
	    p->voucher_policy.len == 0)
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "voucher-policy-form without voucher-policy");
	return REASON_OK;
}

const struct plan_policy *
item_policy(const struct plan *p, const struct plan_item *item)
{
	return item->root->purpose == PURPOSE_IDEVID_CA ? &p->idevid_policy
							: &p->voucher_policy;
}

/* Kinds that only handle shares have nothing to sign, so that a reviewer need not
 * look for it. */
static enum reason
check_items(struct plan *p, struct why *why)
{
	bool signs = p->kind == PLAN_CREATE || p->kind == PLAN_SIGN;
	unsigned i;
	enum reason r;

	if (!signs && p->items_len > 0)
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "nothing is signed in a ceremony of the kind %s",
		    plan_kind_word(p->kind));
	if (p->kind == PLAN_SIGN && p->items_len == 0)
		return why_set(
		    why, REASON_PLAN_OBJECT, -1, "nothing is to be signed");
	for (i = 0; i < p->items_len; i++)
		if ((r = check_item(p, &p->items[i], why)) != REASON_OK)
			return r;
	return REASON_OK;
}

static enum reason
check_organization(const struct plan *p, struct why *why)
{
	if (!named_test(p->organization))
		return REASON_OK;
	return why_set(why, REASON_PLAN_OBJECT, -1,
	    "organization: names in rehearsals begin with TEST");
}

enum reason
plan_check(struct plan *p, struct why *why)
{
	enum reason r;

	if ((r = check_organization(p, why)) != REASON_OK ||
	    (r = check_roles(p, why)) != REASON_OK ||
	    (r = check_approvers(p, why)) != REASON_OK ||
	    (r = check_persons(p, why)) != REASON_OK ||
	    (r = check_split(p, why)) != REASON_OK ||
	    (r = check_places(p, why)) != REASON_OK)
		return r;
	if ((r = check_roots(p, why)) != REASON_OK ||
	    (r = check_policies(p, why)) != REASON_OK)
		return r;
	return check_items(p, why);
}

/* --- objects --- */

/* A file of the plan's folder, PEM or DER, as DER in room. */
static enum reason
object_read(const char *folder, const char *file, const char *label,
    uint8_t *room, size_t cap, size_t *len, struct why *why)
{
	char path[PATH_MAX];
	struct buf bytes;
	enum reason r;

	path_join(path, sizeof(path), folder, file);
	if ((r = file_read_regular(path, &bytes, 2 * cap, why)) != REASON_OK)
		return r;
	if (!pem_or_der(buf_span(&bytes), label, room, cap, len))
		r = why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s holds nothing of the kind %s", file, label);
	buf_free(&bytes);
	return r;
}

static enum reason
check_hash(struct span der, const uint8_t expected[HASH_SIZE],
    const char *handle, struct why *why)
{
	uint8_t hash[HASH_SIZE];

	sha256(der, hash);
	if (memcmp(hash, expected, HASH_SIZE) == 0)
		return REASON_OK;
	return why_set(why, REASON_PLAN_OBJECT, -1,
	    "%s: the file is not the one whose SHA-256 is in the plan", handle);
}

static bool
item_algorithm_fits(unsigned algorithm, struct span spki)
{
	static const struct {
		enum key_type type;
		unsigned bits;
	} keys[] = { { KEY_P256, 256 }, { KEY_P384, 384 }, { KEY_RSA, 2048 },
		{ KEY_RSA, 3072 } };
	const struct public_key *k;

	return public_key_get(spki, &k, NULL) == REASON_OK &&
	    public_key_type(k) == keys[algorithm].type &&
	    (keys[algorithm].type != KEY_RSA ||
		public_key_bits(k) == keys[algorithm].bits);
}

/* The hash first: what the plan does not name is not even decoded. */
static enum reason
load_item(struct plan_item *item, const char *folder, const char *file,
    struct why *why)
{
	struct span der;
	enum reason r;

	if ((r = object_read(folder, file, "CERTIFICATE REQUEST", item->der,
		 sizeof(item->der), &item->der_len, why)) != REASON_OK)
		return r;
	der = span_of(item->der, item->der_len);
	if ((r = check_hash(der, item->csr_sha256, item->handle, why)) !=
		REASON_OK ||
	    (r = csr_read(der, item->arena, &item->csr, why)) != REASON_OK)
		return r;
	if (!item_algorithm_fits(item->algorithm, item->csr.spki))
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s: the key of the request is not %s", item->handle,
		    item_algorithm_word(item->algorithm));
	return REASON_OK;
}

static enum reason
load_root(struct plan_root *root, const char *folder, const char *file,
    struct why *why)
{
	const struct public_key *k;
	size_t len;
	enum reason r;

	if ((r = object_read(folder, file, "CERTIFICATE", root->der,
		 sizeof(root->der), &len, why)) != REASON_OK ||
	    (r = check_hash(span_of(root->der, len), root->certificate_sha256,
		 root->handle, why)) != REASON_OK ||
	    (r = certificate_read(span_of(root->der, len), &root->certificate,
		 why)) != REASON_OK ||
	    (r = public_key_get(root->certificate.spki, &k, why)) != REASON_OK)
		return r;
	if (!root->certificate.ca ||
	    !certificate_self_signed(&root->certificate) ||
	    public_key_type(k) != root->type)
		return why_set(why, REASON_PLAN_OBJECT, -1,
		    "%s: no root with a key on %s", root->handle,
		    key_type_word(root->type));
	return REASON_OK;
}

static enum reason
doubled(struct why *why, const char *one, const char *other)
{
	return why_set(why, REASON_KEY_DUPLICATE, -1, "%s and %s", one, other);
}

/* One key under two certificates would be two CAs with one secret; a
 * root's under another one, a root that lives in a service. */
static enum reason
check_keys_differ(const struct plan *p, struct why *why)
{
	unsigned roots = p->kind == PLAN_CREATE ? 0 : p->roots_len, i, j;

	if (roots == 2 &&
	    span_eq(p->roots[0].certificate.spki, p->roots[1].certificate.spki))
		return doubled(why, p->roots[0].handle, p->roots[1].handle);
	for (i = 0; i < p->items_len; i++) {
		for (j = 0; j < i; j++)
			if (span_eq(p->items[i].csr.spki, p->items[j].csr.spki))
				return doubled(why, p->items[j].handle,
				    p->items[i].handle);
		for (j = 0; j < roots; j++)
			if (span_eq(p->items[i].csr.spki,
				p->roots[j].certificate.spki))
				return doubled(why, p->roots[j].handle,
				    p->items[i].handle);
	}
	return REASON_OK;
}

static enum reason
load_slots(struct plan *p, const char *folder, bool bundle, struct why *why)
{
	char path[PATH_MAX];
	enum reason r;

	if (p->slots_file[0] != '\0') {
		path_join(path, sizeof(path), folder,
		    bundle ? BUNDLE_SLOTS : p->slots_file);
		if ((r = file_read_regular(path, &p->slots, SLOTS_MAX, why)) !=
			REASON_OK ||
		    (r = check_hash(buf_span(&p->slots), p->slots_sha256,
			 p->slots_file, why)) != REASON_OK)
			return r;
	}
	return slots_check(p, why);
}

static enum reason
load_objects(struct plan *p, const char *folder, bool bundle, struct why *why)
{
	char file[PATH_MAX];
	unsigned i;
	enum reason r;

	for (i = 0; i < p->roots_len && p->kind != PLAN_CREATE; i++) {
		snprintf(
		    file, sizeof(file), "roots/%s.der", p->roots[i].handle);
		if ((r = load_root(&p->roots[i], folder,
			 bundle ? file : p->roots[i].file, why)) != REASON_OK)
			return r;
	}
	for (i = 0; i < p->items_len; i++) {
		snprintf(
		    file, sizeof(file), "requests/%s.csr", p->items[i].handle);
		if ((r = load_item(&p->items[i], folder,
			 bundle ? file : p->items[i].file, why)) != REASON_OK)
			return r;
	}
	if ((r = check_keys_differ(p, why)) == REASON_OK)
		r = load_slots(p, folder, bundle, why);
	return r;
}

enum reason
plan_load(const char *path, enum plan_objects where, struct plan **out,
    struct why *why)
{
	struct plan *p = memory_new(sizeof(*p));
	const char *slash = strrchr(path, '/');
	enum reason r;

	*out = p;
	snprintf(p->folder, sizeof(p->folder), "%.*s",
	    slash == NULL ? 1 : (int)(slash - path),
	    slash == NULL ? "." : path);
	r = where == PLAN_BUNDLE
	    ? file_read_regular(path, &p->text, PLAN_MAX, why)
	    : file_read(path, &p->text, PLAN_MAX, why);
	if (r != REASON_OK)
		return r;
	sha256(buf_span(&p->text), p->sha256);
	if ((r = plan_read(buf_span(&p->text), p, why)) != REASON_OK ||
	    (r = plan_check(p, why)) != REASON_OK)
		return r;
	return load_objects(p, p->folder, where == PLAN_BUNDLE, why);
}

void
plan_free(struct plan *p)
{
	if (p == NULL)
		return;
	buf_free(&p->text);
	buf_free(&p->slots);
	free(p);
}
