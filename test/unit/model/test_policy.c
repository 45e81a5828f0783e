/* The decision, row by row (MP 5): a good request, changed in one place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "model/policy.h"

#define NOW 1000000

/* Two makers' devices; tests decide how many are on record. */
struct scene {
	struct request_facts facts;
	struct device devices[2];
	struct product products[2];
	struct policy_input in;
};

static void
fill_device(struct device *d, const char *serial, uint8_t mark)
{
	memset(d, 0, sizeof(*d));
	memcpy(d->serial, serial, strlen(serial) + 1);
	d->issuer.kind = ISSUER_KEY_ID;
	d->issuer.len = 20;
	memset(d->issuer.bytes, mark, 20);
	memset(d->issuer_name_sha256, mark + 1, HASH_SIZE);
	memset(d->spki_sha256, mark + 2, HASH_SIZE);
	d->state = DEVICE_ACTIVE;
}

static void
fill_chain(struct request_facts *f)
{
	unsigned i;

	/* registrar, sub-CA, another sub-CA, domain CA */
	f->chain_len = 4;
	for (i = 0; i < 4; i++) {
		f->chain[i].ca = i > 0;
		f->chain[i].spki_sha256[0] = (uint8_t)(i + 1);
	}
	f->chain[3].self_signed = true;
}

static void
scene_open(struct scene *s)
{
	struct request_facts *f = &s->facts;

	memset(s, 0, sizeof(*s));
	fill_device(&s->devices[0], "U-1", 0x10);
	fill_device(&s->devices[1], "U-1", 0x20);
	product_defaults(&s->products[0]);
	product_defaults(&s->products[1]);
	f->kind = REQUEST_VOUCHER;
	f->format = f->reply = f->prior_format = FORMAT_CMS_JSON;
	f->has_created_on = true;
	f->created_on = NOW;
	memcpy(f->serial, "U-1", 4);
	memcpy(f->nonce, "nonce-0001", 11);
	f->prior = true;
	f->proximity = PROXIMITY_PROVEN;
	memcpy(f->pledge_spki_sha256, s->devices[0].spki_sha256, HASH_SIZE);
	f->pledge_issuer = s->devices[0].issuer;
	memcpy(f->pledge_issuer_name_sha256, s->devices[0].issuer_name_sha256,
	    HASH_SIZE);
	fill_chain(f);
	s->in = (struct policy_input){ .facts = f,
		.devices_len = 1,
		.devices = s->devices,
		.products = s->products,
		.now = NOW,
		.max_age = 86400,
		.max_ahead = 300 };
}

static void
good(struct scene *s)
{
	(void)s;
}

/* Row 7. */
static void
undated(struct scene *s)
{
	s->facts.has_created_on = false;
	s->facts.created_on = 0;
}
static void
oldest(struct scene *s)
{
	s->facts.created_on = NOW - 86400;
}
static void
stale(struct scene *s)
{
	s->facts.created_on = NOW - 86401;
}
/* What a checker that lies may say. */
static void
stalest(struct scene *s)
{
	s->facts.created_on = INT64_MIN;
}
static void
farthest(struct scene *s)
{
	s->facts.created_on = INT64_MAX;
}
static void
ahead(struct scene *s)
{
	s->facts.created_on = NOW + 300;
}
static void
future(struct scene *s)
{
	s->facts.created_on = NOW + 301;
}

/* Row 8. */
static void
unknown(struct scene *s)
{
	s->in.devices_len = 0;
}
static void
by_key_id(struct scene *s)
{
	s->facts.issuer = s->devices[0].issuer;
}
static void
by_name(struct scene *s)
{
	s->facts.issuer.kind = ISSUER_NAME;
	s->facts.issuer.len = HASH_SIZE;
	memcpy(
	    s->facts.issuer.bytes, s->devices[0].issuer_name_sha256, HASH_SIZE);
}
static void
wrong_issuer(struct scene *s)
{
	by_key_id(s);
	s->facts.issuer.bytes[19] ^= 1;
}
static void
wrong_name(struct scene *s)
{
	by_name(s);
	s->facts.issuer.bytes[31] ^= 1;
}
static void
short_issuer(struct scene *s)
{
	by_key_id(s);
	s->facts.issuer.len = 19;
}
static void
twins(struct scene *s)
{
	s->in.devices_len = 2;
}
static void
twins_by_key_id(struct scene *s)
{
	twins(s);
	by_key_id(s);
}
static void
twins_by_name(struct scene *s)
{
	twins(s);
	by_name(s);
}
static void
twins_alike(struct scene *s)
{
	twins_by_key_id(s);
	s->devices[1].issuer = s->devices[0].issuer;
}

/* Row 9, and the switch of MP 8. */
static void
reply_cose(struct scene *s)
{
	s->facts.reply = FORMAT_COSE_CBOR;
}
/* The list of Accept; the product knows CMS alone. */
static void
reply_cose_or_cms(struct scene *s)
{
	s->facts.reply = FORMAT_COSE_CBOR | FORMAT_CMS_JSON << 2;
}
static void
reply_none(struct scene *s)
{
	s->facts.reply = 0;
}
/* A pledge that knows COSE, and a nonce that can be said there. */
static void
cose(struct scene *s)
{
	reply_cose(s);
	s->products[0].formats = FORMAT_JWS_JSON | FORMAT_COSE_CBOR << 2;
	strcpy(s->facts.nonce, "AAECAwQFBgcICQoLDA0ODw==");
}
static void
cose_text_nonce(struct scene *s)
{
	cose(s);
	strcpy(s->facts.nonce, "nonce-0001");
}
static void
cose_short_nonce(struct scene *s)
{
	cose(s);
	strcpy(s->facts.nonce, "AAECAwQFBg==");
}
static void
cose_text_nonce_or_jws(struct scene *s)
{
	cose_text_nonce(s);
	s->facts.reply = FORMAT_COSE_CBOR | FORMAT_JWS_JSON << 2;
}
/* By RSA, say: the format lacks what the request asks for by its signature. */
static void
cose_lacks(struct scene *s)
{
	cose(s);
	s->facts.not_in_cose = true;
}
static void
cose_lacks_or_jws(struct scene *s)
{
	cose_lacks(s);
	s->facts.reply = FORMAT_COSE_CBOR | FORMAT_JWS_JSON << 2;
}
static void
cms_by_rsa(struct scene *s)
{
	s->facts.not_in_cose = true;
}
/* whatever the format, nobody guesses what can be pinned. */
static void
pin_kind_unknown(struct scene *s)
{
	s->products[0].pin_kind = PIN_UNKNOWN;
}
static void
unattributed(struct scene *s)
{
	s->facts.legacy |= LEGACY(LEGACY_UNATTRIBUTED);
}
static void
unattributed_prior(struct scene *s)
{
	s->facts.legacy |= LEGACY(LEGACY_UNATTRIBUTED);
	s->facts.prior_legacy |= LEGACY(LEGACY_UNATTRIBUTED);
}
static void
legacy(struct scene *s)
{
	unattributed(s);
	unattributed_prior(s);
	s->products[0].legacy = LEGACY(LEGACY_UNATTRIBUTED);
}

/* Rows 5 and 11. */
static void
unasked(struct scene *s)
{
	s->facts.revocation_unknown = true;
}
static void
unasked_required(struct scene *s)
{
	unasked(s);
	s->in.revocation_required = true;
}
static void
nonceless(struct scene *s)
{
	s->facts.nonce[0] = '\0';
}

/* Rows 12 and 13. */
static void
no_maker(struct scene *s)
{
	memset(&s->facts.pledge_issuer, 0, sizeof(s->facts.pledge_issuer));
	memset(s->facts.pledge_issuer_name_sha256, 0, HASH_SIZE);
}
static void
no_prior(struct scene *s)
{
	s->facts.prior = false;
	s->facts.proximity = PROXIMITY_ABSENT;
	memset(s->facts.pledge_spki_sha256, 0, HASH_SIZE);
	no_maker(s);
}
static void
no_prior_audit_only(struct scene *s)
{
	no_prior(s);
	s->products[0].audit_only = true;
}
/* A checker that says so without a pledge's request is not believed. */
static void
no_prior_but_proven(struct scene *s)
{
	no_prior_audit_only(s);
	s->facts.proximity = PROXIMITY_PROVEN;
}
static void
other_key(struct scene *s)
{
	s->facts.pledge_spki_sha256[31] ^= 1;
}
static void
other_key_audit_only(struct scene *s)
{
	other_key(s);
	s->products[0].audit_only = true;
}
static void
other_maker(struct scene *s)
{
	s->facts.pledge_issuer.bytes[0] ^= 1;
}
static void
named_maker(struct scene *s)
{
	s->facts.pledge_issuer.kind = ISSUER_NAME;
	s->facts.pledge_issuer.len = HASH_SIZE;
}
static void
misnamed_maker(struct scene *s)
{
	named_maker(s);
	s->facts.pledge_issuer_name_sha256[0] ^= 1;
}

/* Row 15. */
static void
no_proximity(struct scene *s)
{
	s->facts.proximity = PROXIMITY_ABSENT;
}
static void
other_proximity(struct scene *s)
{
	s->facts.proximity = PROXIMITY_DIFFERS;
}
static void
other_proximity_audit_only(struct scene *s)
{
	other_proximity(s);
	s->products[0].audit_only = true;
}

/* Row 17. */
static void
held(struct scene *s)
{
	s->devices[0].state = DEVICE_HELD;
}
static void
retired(struct scene *s)
{
	s->devices[0].state = DEVICE_RETIRED;
}
static void
no_state(struct scene *s)
{
	s->devices[0].state = 0;
}

/* Row 19. */
static void
lowest(struct scene *s)
{
	s->products[0].pin = PIN_LOWEST_CA;
}
static void
end_entity(struct scene *s)
{
	s->products[0].pin = PIN_END_ENTITY;
}
static void
cose_farthest(struct scene *s)
{
	cose(s);
	s->products[0].pin = PIN_FARTHEST;
}
static void
raw_key(struct scene *s)
{
	s->products[0].pin_kind = PIN_PUBK;
}
static void
raw_hash(struct scene *s)
{
	cose(s);
	s->products[0].pin_kind = PIN_PUBK_SHA256;
}
static void
lone(struct scene *s)
{
	s->facts.chain_len = 1;
}
/* Pledges that understand both. */
static void
either(struct scene *s)
{
	s->products[0].pin_kind = PIN_EITHER_PUBK;
}
static void
either_lone(struct scene *s)
{
	either(s);
	lone(s);
}
static void
either_hash(struct scene *s)
{
	s->products[0].pin_kind = PIN_EITHER_SHA256;
	s->products[0].pin = PIN_END_ENTITY;
}

/* A customer's own wish. */
static void
wish(struct scene *s, enum pin_policy cms, enum pin_policy cose)
{
	static struct customer c;

	memset(&c, 0, sizeof(c));
	c.pin[FORMAT_CMS_JSON] = cms;
	c.pin[FORMAT_COSE_CBOR] = cose;
	s->in.customer = &c;
}
static void
wish_none(struct scene *s)
{
	wish(s, 0, PIN_END_ENTITY);
}
static void
wish_lowest(struct scene *s)
{
	wish(s, PIN_LOWEST_CA, 0);
}
static void
wish_cose(struct scene *s)
{
	cose(s);
	wish(s, PIN_LOWEST_CA, PIN_END_ENTITY);
}
static void
wish_domain_ca(struct scene *s)
{
	wish(s, PIN_DOMAIN_CA, 0);
}
static struct chain_entry filed;
static void
wish_filed(struct scene *s)
{
	wish_domain_ca(s);
	memset(&filed, 0, sizeof(filed));
	s->in.domain_ca = &filed;
}
static void
wish_filed_raw(struct scene *s)
{
	wish_filed(s);
	raw_key(s);
}
static void
wish_filed_public(struct scene *s)
{
	wish_filed(s);
	filed.public_policy = true;
}
#include "policy_cloud.h"

static void
lone_lowest(struct scene *s)
{
	lone(s);
	lowest(s);
}
static void
no_chain(struct scene *s)
{
	s->facts.chain_len = 0;
}
static void
no_ca(struct scene *s)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		s->facts.chain[i].ca = false;
}

#include "policy_agent.h"

/* What the checker refused stays refused. */
static void
refused(struct scene *s)
{
	s->facts.refusal = REASON_NOT_REGISTRAR;
}

#include "policy_edges.h"

static const struct row {
	const char *name;
	void (*change)(struct scene *s);
	enum reason reason;
	enum assertion assertion;
	unsigned pin;
	bool name_issuer;
	enum artifact_format format; /* 0: CMS */
	enum pin_kind kind;	     /* 0: certificate */
} rows[] = {
	{ "good", good, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "7 undated", undated, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "7 oldest", oldest, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "7 stale", stale, REASON_REQUEST_STALE },
	{ "7 stalest", stalest, REASON_REQUEST_STALE },
	{ "7 farthest", farthest, REASON_REQUEST_FUTURE },
	{ "7 ahead", ahead, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "7 future", future, REASON_REQUEST_FUTURE },
	{ "8 unknown", unknown, REASON_DEVICE_UNKNOWN },
	{ "8 key id", by_key_id, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "8 name", by_name, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "8 wrong key id", wrong_issuer, REASON_DEVICE_UNKNOWN },
	{ "8 wrong name", wrong_name, REASON_DEVICE_UNKNOWN },
	{ "8 short key id", short_issuer, REASON_DEVICE_UNKNOWN },
	{ "8 twins", twins, REASON_DEVICE_UNKNOWN },
	{ "8 twins, key id", twins_by_key_id, REASON_OK, ASSERTION_PROXIMITY, 3,
	    true },
	{ "8 twins, name", twins_by_name, REASON_OK, ASSERTION_PROXIMITY, 3,
	    true },
	{ "8 twins alike", twins_alike, REASON_DEVICE_UNKNOWN },
	{ "9 reply", reply_cose, REASON_FORMAT_UNSUPPORTED },
	{ "9 list", reply_cose_or_cms, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false },
	{ "9 no reply", reply_none, REASON_FORMAT_UNSUPPORTED },
	{ "9 COSE", cose, REASON_OK, ASSERTION_PROXIMITY, 1, false,
	    FORMAT_COSE_CBOR },
	{ "9 COSE, text", cose_text_nonce, REASON_FORMAT_UNSUPPORTED },
	{ "9 COSE, short", cose_short_nonce, REASON_FORMAT_UNSUPPORTED },
	{ "9 COSE, RSA", cose_lacks, REASON_FORMAT_UNSUPPORTED },
	{ "9 JWS for RSA", cose_lacks_or_jws, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false, FORMAT_JWS_JSON },
	{ "9 CMS, RSA", cms_by_rsa, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "9 no kind of pin", pin_kind_unknown, REASON_PIN_KIND_UNKNOWN },
	{ "9 JWS instead", cose_text_nonce_or_jws, REASON_OK,
	    ASSERTION_PROXIMITY, 3, false, FORMAT_JWS_JSON },
	{ "9 unattributed", unattributed, REASON_CMS_ATTRIBUTES_MISSING },
	{ "9 unattributed pledge", unattributed_prior,
	    REASON_CMS_ATTRIBUTES_MISSING },
	{ "9 legacy", legacy, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "5 not asked", unasked, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "5 required", unasked_required, REASON_REVOCATION_UNREACHABLE },
	{ "11 nonceless", nonceless, REASON_NONCELESS },
	{ "12 no prior", no_prior, REASON_PRIOR_MISSING },
	{ "12 audit-only", no_prior_audit_only, REASON_OK, ASSERTION_LOGGED, 3,
	    false },
	{ "12 not believed", no_prior_but_proven, REASON_OK, ASSERTION_LOGGED,
	    3, false },
	{ "13 key", other_key, REASON_PLEDGE_KEY },
	{ "13 key, audit-only", other_key_audit_only, REASON_PLEDGE_KEY },
	{ "13 issuer", other_maker, REASON_PLEDGE_KEY },
	{ "13 name", named_maker, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "13 other name", misnamed_maker, REASON_PLEDGE_KEY },
	{ "13 no issuer", no_maker, REASON_PLEDGE_KEY },
	{ "15 none", no_proximity, REASON_PROXIMITY_MISSING },
	{ "15 other", other_proximity, REASON_PROXIMITY_MISMATCH },
	{ "15 audit-only", other_proximity_audit_only, REASON_OK,
	    ASSERTION_LOGGED, 3, false },
	{ "15.1 agent", agent, REASON_OK, ASSERTION_AGENT_PROXIMITY, 3, false },
	{ "15.1 unnamed", agent_unnamed, REASON_OK, ASSERTION_LOGGED, 3,
	    false },
	{ "15.1 public", agent_public, REASON_AGENT_DOMAIN },
	{ "15.1 unnamed, public", agent_unnamed_public, REASON_OK,
	    ASSERTION_LOGGED, 0, false },
	{ "15.1 names", agent_named, REASON_OK, ASSERTION_AGENT_PROXIMITY, 3,
	    false },
	{ "15.1 a public name", agent_named_public, REASON_AGENT_DOMAIN },
	{ "15.1 a public key", agent_named_public_key, REASON_AGENT_DOMAIN },
	{ "15.1 unnamed, a public CA in common", agent_unnamed_common,
	    REASON_AGENT_DOMAIN },
	{ "15.1 no client", agent_no_client, REASON_AGENT_CLIENT },
	{ "15.1 unnamed, no client", agent_unnamed_no_client,
	    REASON_AGENT_CLIENT },
	{ "15.1 a file", agent_file, REASON_OK, ASSERTION_AGENT_PROXIMITY, 3,
	    false },
	{ "15.1 other format", agent_other_format, REASON_FORMAT_UNSUPPORTED },
	{ "15.1 no prior", agent_no_prior, REASON_PRIOR_MISSING },
	{ "17 held", held, REASON_DEVICE_HELD },
	{ "17 retired", retired, REASON_DEVICE_RETIRED },
	{ "17 no state", no_state, REASON_DEVICE_RETIRED },
	{ "19 lowest", lowest, REASON_OK, ASSERTION_PROXIMITY, 1, false },
	{ "19 end entity", end_entity, REASON_OK, ASSERTION_PROXIMITY, 0,
	    false },
	{ "19 COSE, farthest", cose_farthest, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false, FORMAT_COSE_CBOR },
	{ "19 raw key", raw_key, REASON_OK, ASSERTION_PROXIMITY, 0, false,
	    FORMAT_CMS_JSON, PIN_PUBK },
	{ "19 hash of it", raw_hash, REASON_OK, ASSERTION_PROXIMITY, 0, false,
	    FORMAT_COSE_CBOR, PIN_PUBK_SHA256 },
	{ "19 lone", lone, REASON_OK, ASSERTION_PROXIMITY, 0, false },
	{ "19 lone, lowest", lone_lowest, REASON_OK, ASSERTION_PROXIMITY, 0,
	    false },
	{ "19 no CA", no_ca, REASON_OK, ASSERTION_PROXIMITY, 0, false },
	{ "19 either", either, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "19 either, lone", either_lone, REASON_OK, ASSERTION_PROXIMITY, 0,
	    false, FORMAT_CMS_JSON, PIN_PUBK },
	{ "19 either, hash", either_hash, REASON_OK, ASSERTION_PROXIMITY, 0,
	    false, FORMAT_CMS_JSON, PIN_PUBK_SHA256 },
	{ "19 no wish", wish_none, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "19 wish", wish_lowest, REASON_OK, ASSERTION_PROXIMITY, 1, false },
	{ "19 wish, COSE", wish_cose, REASON_OK, ASSERTION_PROXIMITY, 0, false,
	    FORMAT_COSE_CBOR },
	{ "19 none on file", wish_domain_ca, REASON_PIN_NONE },
	{ "19 on file", wish_filed, REASON_OK, ASSERTION_PROXIMITY, CHAIN_MAX,
	    false },
	{ "19 on file, raw", wish_filed_raw, REASON_OK, ASSERTION_PROXIMITY, 0,
	    false, FORMAT_CMS_JSON, PIN_PUBK },
	{ "19 on file, public", wish_filed_public, REASON_PIN_PUBLIC },
	{ "19 not asked for", filed_unasked, REASON_OK, ASSERTION_PROXIMITY, 0,
	    false },
	{ "15.1 CAs on file", agent_cas, REASON_OK, ASSERTION_AGENT_PROXIMITY,
	    3, false },
	{ "15.1 CAs gone", agent_cas_gone, REASON_AGENT_DOMAIN },
	{ "19 cloud", cloud, REASON_OK, ASSERTION_PROXIMITY, CHAIN_MAX, false },
	{ "19 cloud, nothing filed", cloud_no_certificate, REASON_PIN_NONE },
	{ "19 no cloud registrar", cloud_no_registrar, REASON_OK,
	    ASSERTION_PROXIMITY, 3, false },
	{ "19 cloud, a URL", cloud_url_alone, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false },
	{ "19 cloud, owned", cloud_owned, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false },
	{ "19 cloud, owner", cloud_owner, REASON_OK, ASSERTION_PROXIMITY,
	    CHAIN_MAX, false },
	{ "19 cloud, owner's not filed", cloud_owner_no_certificate,
	    REASON_PIN_NONE },
	{ "19 cloud, another", cloud_owner_registrar, REASON_OK,
	    ASSERTION_PROXIMITY, 3, false },
	{ "19 cloud, wish", cloud_wished_otherwise, REASON_OK,
	    ASSERTION_PROXIMITY, CHAIN_MAX, false },
	{ "19 cloud, raw", cloud_raw, REASON_OK, ASSERTION_PROXIMITY, CHAIN_MAX,
	    false, FORMAT_CMS_JSON, PIN_PUBK },
	{ "19 cloud, raw CA", cloud_raw_ca, REASON_PIN_NONE },
	{ "19 cloud, public server", cloud_public_server, REASON_OK,
	    ASSERTION_PROXIMITY, CHAIN_MAX, false },
	{ "19 cloud, public CA", cloud_public_ca, REASON_PIN_PUBLIC },
	{ "19 cloud, 2019", cloud_2019, REASON_FORMAT_UNSUPPORTED },
	{ "9 proprietary, 2019", proprietary_2019, REASON_FORMAT_UNSUPPORTED },
	{ "20 sold", sold, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "20 sold, verified", sold_verified, REASON_OK, ASSERTION_VERIFIED, 3,
	    false },
	{ "20 sold to another", sold_to_other, REASON_OK, ASSERTION_PROXIMITY,
	    3, false },
	{ "20 sold, no prior", sold_no_prior, REASON_OK, ASSERTION_VERIFIED, 3,
	    false },
	{ "20 sold, agent", sold_agent, REASON_OK, ASSERTION_VERIFIED, 3,
	    false },
	{ "20 sold, cloud", cloud_owner_verified, REASON_OK, ASSERTION_VERIFIED,
	    CHAIN_MAX, false },
	{ "19 no chain", no_chain, REASON_PIN_NONE },
	{ "0 refused", refused, REASON_NOT_REGISTRAR },
	{ "8 record without key id", nameless_record, REASON_DEVICE_UNKNOWN },
	{ "11 nonceless, COSE", cose_nonceless, REASON_NONCELESS },
	{ "9 COSE, 8 octets", cose_least_nonce, REASON_OK, ASSERTION_PROXIMITY,
	    1, false, FORMAT_COSE_CBOR },
	{ "9 COSE, 32 octets", cose_longest_nonce, REASON_OK,
	    ASSERTION_PROXIMITY, 1, false, FORMAT_COSE_CBOR },
	{ "9 COSE, 33 octets", cose_long_nonce, REASON_FORMAT_UNSUPPORTED },
	{ "9 third of a list", reply_third, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false },
	{ "9 2019", layout_2019, REASON_OK, ASSERTION_PROXIMITY, 1, false,
	    FORMAT_COSE_CBOR },
	{ "9 2019 off", layout_2019_off, REASON_LEGACY_FORM },
	{ "9 2019, text", layout_2019_text_nonce, REASON_OK,
	    ASSERTION_PROXIMITY, 1, false, FORMAT_COSE_CBOR },
	{ "9 2019, twins", layout_2019_twins, REASON_FORMAT_UNSUPPORTED },
	{ "9 2019, raw key", layout_2019_raw, REASON_FORMAT_UNSUPPORTED },
	{ "9 2019, JSON", layout_2019_json, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false, FORMAT_JWS_JSON },
	{ "5 none named", none_named_required, REASON_OK, ASSERTION_PROXIMITY,
	    3, false },
	{ "15.1 not believed", agent_no_prior_audit_only, REASON_OK,
	    ASSERTION_LOGGED, 3, false },
	{ "15.1 client", agent_client_last, REASON_OK,
	    ASSERTION_AGENT_PROXIMITY, 3, false },
	{ "20 nobody's", nobodys, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "19 cloud, no owners", cloud_owners_unknown, REASON_OK,
	    ASSERTION_PROXIMITY, CHAIN_MAX, false },
	{ "19 cloud, no attributes", cloud_without_attributes, REASON_OK,
	    ASSERTION_PROXIMITY, 3, false },
	{ "19 cloud, public key", cloud_server_public_key, REASON_PIN_PUBLIC },
	{ "19 cloud, CA", cloud_ca, REASON_OK, ASSERTION_PROXIMITY, CHAIN_MAX,
	    false },
	{ "19 cloud, either", cloud_either, REASON_OK, ASSERTION_PROXIMITY,
	    CHAIN_MAX, false, FORMAT_CMS_JSON, PIN_PUBK },
	{ "19 cloud, either, CA", cloud_either_ca, REASON_OK,
	    ASSERTION_PROXIMITY, CHAIN_MAX, false },
	{ "19 either, far", either_hash_far, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false },
	{ "19 longest chain", longest_chain, REASON_OK, ASSERTION_PROXIMITY, 3,
	    false },
	{ "19 too long a chain", too_long_chain, REASON_PIN_NONE },
	{ "19 a CA signs", ca_signs, REASON_OK, ASSERTION_PROXIMITY, 3, false },
	{ "19 a public CA signs", public_ca_signs, REASON_PIN_PUBLIC },
	{ "19 its raw key", public_ca_signs_raw, REASON_OK, ASSERTION_PROXIMITY,
	    0, false, FORMAT_CMS_JSON, PIN_PUBK },
};

/* What is pinned, in the chain or on file. */
static const struct chain_entry *
pinned_of(const struct scene *s, const struct verdict *v)
{
	if (v->pin < CHAIN_MAX)
		return &s->facts.chain[v->pin];
	return s->in.domain_ca != NULL ? s->in.domain_ca : &est_server;
}

static void
every_row(void **state)
{
	struct scene s;
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		scene_open(&s);
		r->change(&s);
		memset(&v, 0xff, sizeof(v));
		policy_decide(&s.in, &v);
		if (v.reason != r->reason)
			fail_msg("%s: %s", r->name, reason_code(v.reason));
		if (v.reason != REASON_OK)
			continue;
		if (v.assertion != r->assertion || v.pin != r->pin ||
		    v.name_issuer != r->name_issuer || v.device != 0 ||
		    v.format != (r->format ? r->format : FORMAT_CMS_JSON) ||
		    v.pin_kind != (r->kind ? r->kind : PIN_CERTIFICATE) ||
		    !v.device_found || v.pinned != pinned_of(&s, &v))
			fail_msg("%s: assertion %d, pin %u, issuer %d", r->name,
			    v.assertion, v.pin, v.name_issuer);
	}
}

/* The second of two twins is found as such, with its own product. */
static void
second_twin(void **state)
{
	struct scene s;
	struct verdict v;

	(void)state;
	scene_open(&s);
	s.in.devices_len = 2;
	s.facts.issuer = s.devices[1].issuer;
	s.products[1].pin = PIN_END_ENTITY;
	policy_decide(&s.in, &v);
	assert_int_equal(v.reason, REASON_PLEDGE_KEY);
	memcpy(s.facts.pledge_spki_sha256, s.devices[1].spki_sha256, HASH_SIZE);
	s.facts.pledge_issuer = s.devices[1].issuer;
	policy_decide(&s.in, &v);
	assert_int_equal(v.reason, REASON_OK);
	assert_int_equal(v.device, 1);
	assert_int_equal(v.pin, 0);
	assert_true(v.name_issuer);
}

/* The words of whoever refused first. */
static void
refusal_stays(void **state)
{
	struct scene s;
	struct verdict v;

	(void)state;
	scene_open(&s);
	refused(&s);
	strcpy(s.facts.why.text, "no purpose at all");
	policy_decide(&s.in, &v);
	assert_int_equal(v.reason, REASON_NOT_REGISTRAR);
	assert_string_equal(v.why.text, "no purpose at all");
	s.facts.refusal = REASON_OK;
	policy_decide(&s.in, &v);
	assert_string_equal(v.why.text, "");
}

/* Whose attributes a voucher gets, and in which layout. */
static void
attributes(void **state)
{
	struct scene s;
	struct verdict v;

	(void)state;
	scene_open(&s);
	cloud_url_alone(&s);
	policy_decide(&s.in, &v);
	assert_ptr_equal(v.cloud, &asker);
	scene_open(&s);
	cloud_without_attributes(&s);
	policy_decide(&s.in, &v);
	assert_null(v.cloud);
	scene_open(&s);
	layout_2019(&s);
	policy_decide(&s.in, &v);
	assert_true(v.layout_2019);
	scene_open(&s);
	layout_2019_json(&s);
	policy_decide(&s.in, &v);
	assert_false(v.layout_2019);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(second_twin),
		cmocka_unit_test(refusal_stays),
		cmocka_unit_test(attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
