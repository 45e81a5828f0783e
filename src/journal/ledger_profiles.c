/*
 * What the IDevIDs of each product are to be like, see ledger.h: the hash alone, as
 * a key's policy is a record. The fields come with each order, so an order of other
 * fields is one that no operator has asked for.
 */
#include <stdio.h>

#include "base/fatal.h"
#include "crypto/hash/hash.h"
#include "journal/describe.h"
#include "journal/ledger.h"

/* Deterministic CBOR, so one profile has one hash. */
void
profile_hash(const struct product *p, uint8_t out[HASH_SIZE])
{
	const struct idevid_profile *i = &p->profile;
	uint8_t room[1024];
	struct cbor_out o;
	struct span bytes;

	cbor_out_open(&o, room, sizeof(room));
	cbor_put_array(&o, 13);
	cbor_put_string(&o, "hallmark-idevid-profile-1");
	cbor_put_string(&o, p->token);
	cbor_put_string(&o, p->scheme);
	cbor_put_uint(&o, p->counter_width);
	cbor_put_bool(&o, p->check_character);
	cbor_put_string(&o, p->masa_url);
	cbor_put_uint(&o, i->key_usage);
	cbor_put_bool(&o, i->subject_key_id);
	cbor_put_string(&o, i->organization);
	cbor_put_string(&o, i->unit);
	cbor_put_string(&o, i->model);
	cbor_put_string(&o, i->hw_type);
	cbor_put_bool(&o, i->issuance_policy);
	if (cbor_out_span(&o, &bytes) != WIRE_OK)
		fatal("a profile is longer than its fields may be");
	sha256(bytes, out);
}

void
profile_subject(const struct product *p, char out[PROFILE_SUBJECT_SIZE])
{
	uint8_t hash[HASH_SIZE];
	size_t len = (size_t)snprintf(
	    out, PROFILE_SUBJECT_SIZE, "%.*s ", PRODUCT_NAME_MAX, p->name);

	profile_hash(p, hash);
	base64url_encode(out + len, span_of(hash, sizeof(hash)));
}

static struct ledger_profile *
profile_find(const struct ledger *l, const char *product)
{
	size_t i;

	for (i = 0; i < l->profiles_len; i++)
		if (strcmp(l->profiles[i].product, product) == 0)
			return &l->profiles[i];
	return NULL;
}

enum reason
ledger_profile_read(const struct ledger *l, const char *subject,
    struct ledger_profile *out, bool *there, struct why *why)
{
	const char *blank = strchr(subject, ' ');
	size_t len;

	memset(out, 0, sizeof(*out));
	*there = blank != NULL;
	if (!*there)
		return REASON_OK;
	if (!text_copy(out->product, sizeof(out->product),
		span_of(subject, (size_t)(blank - subject))) ||
	    !product_name_valid(out->product) ||
	    !base64_decode(out->sha256, HASH_SIZE, &len, span_str(blank + 1),
		BASE64_URL) ||
	    len != HASH_SIZE)
		return why_set(why, REASON_SIGNER_FACTS, -1,
		    "not a product and its profile: %.120s", subject);
	if (l->profiles_len == LEDGER_PROFILES_MAX &&
	    profile_find(l, out->product) == NULL)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "a signer knows at most %d products", LEDGER_PROFILES_MAX);
	return REASON_OK;
}

void
ledger_profile_put(struct ledger *l, const struct ledger_profile *p)
{
	struct ledger_profile *known = profile_find(l, p->product);

	if (known != NULL) {
		*known = *p;
		return;
	}
	l->profiles =
	    ledger_room(l->profiles, l->profiles_len, sizeof(*l->profiles));
	l->profiles[l->profiles_len++] = *p;
}

enum reason
ledger_profile_holds(
    const struct ledger *l, const struct product *p, struct why *why)
{
	const struct ledger_profile *known = profile_find(l, p->name);
	uint8_t hash[HASH_SIZE];

	profile_hash(p, hash);
	if (known != NULL && memcmp(known->sha256, hash, HASH_SIZE) == 0)
		return REASON_OK;
	return why_set(why, REASON_SIGNER_POLICY, -1,
	    "product %.64s: %s; hallmark product set puts it on record",
	    p->name,
	    known == NULL ? "what its IDevIDs show is not on record"
			  : "its IDevIDs would show other fields than those on "
			    "record");
}

/* --- what a checkpoint says of them --- */

static void
profile_fields(struct members *f, void *value)
{
	struct ledger_profile *p = value;

	member_text(
	    f, 1, "product", MEMBER_REQUIRED, p->product, sizeof(p->product));
	member_bytes(f, 2, "sha256", MEMBER_REQUIRED, p->sha256, HASH_SIZE);
	if (p->product[0] == '\0')
		members_refuse(f, "product");
}

void
ledger_profiles_fields(struct members *f, struct ledger *l)
{
	size_t i;

	if (!ledger_rows_begin(
		f, 16, "profiles", LEDGER_PART_PROFILES, &l->profiles_len))
		return;
	if (f->mode == MEMBERS_READ)
		l->profiles = memory_array(LEDGER_STEP, sizeof(*l->profiles));
	for (i = 0; i < l->profiles_len; i++)
		member_element(f, profile_fields, &l->profiles[i]);
	member_array_end(f);
}
