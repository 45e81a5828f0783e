/* pledge_verify(): one case for each way in which a voucher can be wrong, in each of
 * its three forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "wire/base64.h"
#include "wire/cbor.h"
#include "world.h"

static void
expect(enum pledge_verdict wanted)
{
	enum pledge_verdict v;
	enum pledge_format f;

	FORMATS(f)
	{
		v = world_judge(f);
		if (v != wanted)
			fail_msg("format %d: %s, not %s", (int)f,
			    pledge_code(v), pledge_code(wanted));
	}
}

static void
obeys_a_good_one(void **state)
{
	enum pledge_format f;

	(void)state;
	w.voucher.has_revocation_checks = true;
	FORMATS(f)
	{
		assert_int_equal(world_judge(f), PLEDGE_ACCEPTED);
		assert_int_equal(w.out.format, f);
		assert_int_equal(w.out.anchor, 0);
		assert_int_equal(w.out.signatures, 1);
		assert_true(span_eq(w.out.signer, w.signer.der));
		assert_int_equal(w.out.assertion, PLEDGE_PROXIMITY);
		assert_false(w.out.nonceless);
		assert_int_equal(w.out.created_on, NOW - 10);
		assert_int_equal(w.out.expires_on, 0);
		assert_int_equal(w.out.pin_kind, PLEDGE_PIN_CERTIFICATE);
		assert_true(span_eq(w.out.pin, w.domain.der));
		assert_true(w.out.has_revocation_checks);
		assert_false(w.out.revocation_checks);
		assert_int_equal(w.out.est_domain.len, 0);
		assert_int_equal(w.out.configuration_url.len, 0);
		assert_int_equal(w.out.proprietary.len, 0);
	}
}

static void
tells_what_is_optional(void **state)
{
	enum pledge_format f;

	(void)state;
	strcpy(w.voucher.est_domain, "https://est.example.com");
	strcpy(w.voucher.configuration_url, "https://c.example.com/a?b");
	w.voucher.proprietary = span_of("\x00\xff\xfe", 3);
	w.voucher.has_revocation_checks = w.voucher.revocation_checks = true;
	w.voucher.assertion = ASSERTION_VERIFIED;
	FORMATS(f)
	{
		assert_int_equal(world_judge(f), PLEDGE_ACCEPTED);
		assert_true(
		    span_is(w.out.est_domain, "https://est.example.com"));
		assert_true(span_is(
		    w.out.configuration_url, "https://c.example.com/a?b"));
		assert_true(
		    span_eq(w.out.proprietary, span_of("\x00\xff\xfe", 3)));
		assert_true(w.out.revocation_checks);
		assert_int_equal(w.out.assertion, PLEDGE_VERIFIED);
	}
}

static void
the_anchor_need_not_come_along(void **state)
{
	uint8_t hash[32];

	(void)state;
	world_chain(&w.signer, &w.voucher_ca, NULL);
	expect(PLEDGE_ACCEPTED);
	world_chain(&w.direct, NULL, NULL);
	expect(PLEDGE_ACCEPTED);
	/* Unless only its hash is known (IP 3). */
	sha256(w.root.c.spki, hash);
	w.anchor.key = span_of(NULL, 0);
	w.anchor.key_sha256 = span_of(hash, sizeof(hash));
	expect(PLEDGE_ANCHOR);
	world_chain(&w.direct, &w.root, NULL);
	expect(PLEDGE_ACCEPTED);
	world_chain(&w.signer, &w.root, &w.voucher_ca);
	expect(PLEDGE_ACCEPTED);
}

static void
formats_are_the_firmwares(void **state)
{
	enum pledge_format f;

	(void)state;
	FORMATS(f)
	{
		w.p.formats = 7u & ~(unsigned)f;
		assert_int_equal(world_judge(f), PLEDGE_FORMAT);
		w.p.formats = (unsigned)f;
		assert_int_equal(world_judge(f), PLEDGE_ACCEPTED);
	}
	w.bytes = span_str("-----BEGIN CMS-----");
	w.p.formats = 7;
	assert_int_equal(world_look(), PLEDGE_FORMAT);
	w.bytes = span_of(NULL, 0);
	assert_int_equal(world_look(), PLEDGE_FORMAT);
	w.bytes = span_str(" \n");
	assert_int_equal(world_look(), PLEDGE_FORMAT);
}

/* Whatever is changed: what is taken still says the same. */
static void
any_octet_changed(void **state)
{
	unsigned taken = 0, refused = 0;
	uint8_t *bytes;
	enum pledge_format f;
	size_t i;

	(void)state;
	FORMATS(f)
	{
		world_sign(f);
		bytes = (uint8_t *)(uintptr_t)w.bytes.ptr;
		for (i = 0; i < w.bytes.len; i++) {
			bytes[i] ^= 1;
			if (world_look() != PLEDGE_ACCEPTED) {
				refused++;
			} else {
				taken++;
				assert_true(span_eq(w.out.pin, w.domain.der));
				assert_int_equal(w.out.created_on, NOW - 10);
			}
			bytes[i] ^= 1;
		}
		assert_int_equal(world_look(), PLEDGE_ACCEPTED);
	}
	/* What nobody signed: the anchor's certificate, beside its key. */
	assert_true(refused > 3 * taken);
}

static void
any_end(void **state)
{
	enum pledge_format f;

	(void)state;
	FORMATS(f)
	{
		world_sign(f);
		while (w.bytes.len-- > 1)
			assert_int_not_equal(world_look(), PLEDGE_ACCEPTED);
		world_sign(f);
		((uint8_t *)(uintptr_t)w.bytes.ptr)[w.bytes.len++] = '0';
		assert_int_equal(world_look(), PLEDGE_CONTAINER);
	}
}

static void
another_key_has_signed(void **state)
{
	(void)state;
	w.by = &w.direct;
	expect(PLEDGE_SIGNATURE);
	/* In x5c the signer is the first; in a bag it is whoever did. */
	world_chain(&w.root, &w.signer, &w.voucher_ca);
	w.by = &w.signer;
	assert_int_equal(world_judge(PLEDGE_JWS), PLEDGE_SIGNATURE);
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ACCEPTED);
	world_chain(&w.signer, &w.voucher_ca, &w.root);
	/* No certificate comes along, and no anchor signs itself. */
	w.bare = true;
	assert_int_equal(world_judge(PLEDGE_JWS), PLEDGE_ANCHOR);
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ANCHOR);
}

static void
another_device(void **state)
{
	(void)state;
	strcpy(w.voucher.serial, "AR9-F1-0002");
	expect(PLEDGE_SERIAL);
	w.p.serial = span_str("AR9-F1-0002");
	expect(PLEDGE_ACCEPTED);
	strcpy(w.voucher.serial, "AR9-F1-000");
	expect(PLEDGE_SERIAL);
	strcpy(w.voucher.serial, "ar9-f1-0002"); /* MP 6.4: no folding */
	expect(PLEDGE_SERIAL);
}

static void
another_issuer(void **state)
{
	struct span key_id = w.device.c.authority_key_id;
	uint8_t form[26] = { 0x04, 0x18, 0x30, 0x16, 0x80, 0x14 };

	(void)state;
	assert_int_equal(key_id.len, 20);
	memcpy(form + 6, key_id.ptr, 20);
	w.voucher.idevid_issuer = span_of(form, 26); /* A of MP 6.3 */
	expect(PLEDGE_ACCEPTED);
	w.voucher.idevid_issuer = span_of(form + 2, 24); /* B */
	expect(PLEDGE_ACCEPTED);
	w.voucher.idevid_issuer = w.device.c.issuer; /* D */
	expect(PLEDGE_ACCEPTED);
	w.voucher.idevid_issuer = w.root.c.subject;
	expect(PLEDGE_ISSUER);
	w.voucher.idevid_issuer = w.root.c.subject_key_id;
	expect(PLEDGE_ISSUER);
	form[25] ^= 1;
	w.voucher.idevid_issuer = span_of(form, 26);
	expect(PLEDGE_ISSUER);
	w.p.issuer_demanded = false;
	expect(PLEDGE_ISSUER);
	/* One that is not there: where it is demanded. */
	w.voucher.idevid_issuer = span_of(NULL, 0);
	expect(PLEDGE_ACCEPTED);
	w.p.issuer_demanded = true;
	expect(PLEDGE_ISSUER);
}

/* Of a foreign maker's IDevID without an authorityKeyIdentifier: by its own key, as
 * OpenSSL hashes it and as the MASA names it (MP 6.3). */
static void
an_issuer_without_key_identifier(void **state)
{
	const struct recipe r = { .serial_number = SERIAL,
		.issuer = &w.idevid_ca };
	uint8_t form[26] = { 0x04, 0x18, 0x30, 0x16, 0x80, 0x14 }, own[20];
	struct foreign device;
	struct issuer issuer;

	(void)state;
	foreign_make(&device, &r);
	assert_int_equal(
	    X509_pubkey_digest(device.x, EVP_sha1(), own, NULL), 1);
	certificate_issuer(&device.c, &issuer);
	assert_int_equal(issuer.kind, ISSUER_KEY_ID);
	assert_int_equal(issuer.len, 20);
	memcpy(form + 6, issuer.bytes, 20);
	w.p.idevid = device.der;
	w.voucher.idevid_issuer = span_of(form, sizeof(form));
	expect(PLEDGE_ISSUER);
	w.p.key_id = span_of(own, 20);
	expect(PLEDGE_ACCEPTED);
	w.p.key_id.len--;
	expect(PLEDGE_ISSUER);
	w.p.key_id.len++;
	form[25] ^= 1;
	expect(PLEDGE_ISSUER);
	foreign_free(&device);
	/* Where there is one, it counts. */
	form[25] ^= 1;
	w.p.idevid = w.device.der;
	expect(PLEDGE_ISSUER);
}

static void
another_nonce(void **state)
{
	enum pledge_format f;

	(void)state;
	FORMATS(f)
	{
		world_reset(NULL);
		world_sign(f);
		w.p.nonce = span_str("0123456789abcdeF");
		assert_int_equal(world_look(), PLEDGE_NONCE);
		w.p.nonce = span_of(NULL, 0);
		assert_int_equal(world_look(), PLEDGE_NONCE);
		w.p.nonceless = true;
		assert_int_equal(world_look(), PLEDGE_NONCE);
		w.voucher.nonce[0] = '\0';
		assert_int_equal(world_judge(f), PLEDGE_ACCEPTED);
		assert_true(w.out.nonceless);
		w.p.nonceless = false;
		assert_int_equal(world_look(), PLEDGE_NONCE);
	}
}

static void
expired(void **state)
{
	(void)state;
	w.p.nonceless = true;
	w.voucher.nonce[0] = '\0';
	w.voucher.expires_on = NOW;
	expect(PLEDGE_ACCEPTED);
	assert_int_equal(w.out.expires_on, NOW);
	w.voucher.expires_on = NOW - 1;
	expect(PLEDGE_EXPIRED);
	w.p.has_clock = false;
	expect(PLEDGE_ACCEPTED);
}

/* A certificate of its own dates in the place of the direct signer. */
static void
signer_of(struct foreign *f, const char *from, const char *until)
{
	const struct recipe r = { .common_name = "dated",
		.issuer = &w.root,
		.not_before = from,
		.not_after = until,
		.extensions = { { "keyUsage", USAGE_EE },
		    { "certificatePolicies", POLICY } } };

	foreign_make(f, &r);
	world_chain(f, NULL, NULL);
}

static void
dates_of_the_signer(void **state)
{
	struct foreign f;

	(void)state;
	/* NOW is 2027-01-15T08:00:00Z. */
	signer_of(&f, "20270101000000Z", "20270115080000Z");
	expect(PLEDGE_ACCEPTED);
	w.p.now = NOW + 1; /* fresh: it must be valid now */
	expect(PLEDGE_DATES);
	w.p.has_clock = false;
	expect(PLEDGE_ACCEPTED);
	w.p.has_clock = true;
	/* Any other: it must have been when the voucher was made. */
	w.p.nonceless = true;
	w.voucher.nonce[0] = '\0';
	w.p.now = NOW + 10 * DAY;
	expect(PLEDGE_ACCEPTED);
	w.voucher.created_on = NOW + 1;
	expect(PLEDGE_DATES);
	foreign_free(&f);
	signer_of(&f, "20270115080000Z", "20280101000000Z");
	w.voucher.created_on = NOW - 1;
	expect(PLEDGE_DATES);
	w.voucher.created_on = NOW;
	expect(PLEDGE_ACCEPTED);
	foreign_free(&f);
	/* Those of a CA above it count, too; the anchor's do not. */
	world_reset(NULL);
	w.p.now = 1700000000; /* 2023, before all certificates here */
	expect(PLEDGE_DATES);
}

static void
kinds_of_pins(void **state)
{
	static const enum pledge_pin kinds[] = { PLEDGE_PIN_CERTIFICATE,
		PLEDGE_PIN_KEY, PLEDGE_PIN_KEY_SHA256 };
	uint8_t hash[32];
	unsigned i;

	(void)state;
	sha256(w.registrar.c.spki, hash);
	for (i = 0; i < 3; i++) {
		w.voucher.pinned_domain_cert = w.voucher.pinned_domain_pubk =
		    w.voucher.pinned_domain_pubk_sha256 = span_of(NULL, 0);
		if (i == 0)
			w.voucher.pinned_domain_cert = w.domain.der;
		else if (i == 1)
			w.voucher.pinned_domain_pubk = w.registrar.c.spki;
		else
			w.voucher.pinned_domain_pubk_sha256 =
			    span_of(hash, sizeof(hash));
		w.p.pins = (unsigned)kinds[i];
		expect(PLEDGE_ACCEPTED);
		assert_int_equal(w.out.pin_kind, kinds[i]);
		w.p.pins = 7u & ~(unsigned)kinds[i];
		expect(PLEDGE_PIN);
	}
	w.p.pins = 7;
	w.voucher.pinned_domain_pubk_sha256 = span_of(NULL, 0); /* none */
	expect(PLEDGE_CONTENT);
	w.voucher.pinned_domain_cert =
	    span_of(w.domain.der.ptr, w.domain.der.len - 1);
	expect(PLEDGE_CONTENT);
}

/* Of several the first that the device takes: hash, key, certificate (MP 11). */
static void
several_pins(void **state)
{
	static const struct {
		unsigned takes;
		enum pledge_pin kind;
	} rows[] = {
		{ 7, PLEDGE_PIN_KEY_SHA256 },
		{ 6, PLEDGE_PIN_KEY_SHA256 },
		{ 5, PLEDGE_PIN_KEY_SHA256 },
		{ 4, PLEDGE_PIN_KEY_SHA256 },
		{ 3, PLEDGE_PIN_KEY },
		{ 2, PLEDGE_PIN_KEY },
		{ 1, PLEDGE_PIN_CERTIFICATE },
	};
	struct span hash = span_str("0123456789abcdef0123456789abcdef");
	struct span pins[] = { w.domain.der, w.registrar.c.spki, hash };
	enum pledge_format f;
	unsigned i;

	(void)state;
	w.p.nonceless = true;
	w.voucher.pinned_domain_cert = pins[0];
	w.voucher.pinned_domain_pubk = pins[1];
	w.voucher.pinned_domain_pubk_sha256 = pins[2];
	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++)
		FORMATS(f)
		{
			w.p.pins = rows[i / 2].takes;
			strcpy(w.voucher.nonce, i % 2 == 0 ? NONCE : "");
			assert_int_equal(world_judge(f), PLEDGE_ACCEPTED);
			assert_int_equal(w.out.pin_kind, rows[i / 2].kind);
			assert_true(
			    span_eq(w.out.pin, pins[w.out.pin_kind / 2]));
		}
	/* What the device does not take is passed over, also if it is wrong; what
	 * is wrong gives no way to the next. */
	w.voucher.pinned_domain_pubk_sha256.len--;
	expect(PLEDGE_ACCEPTED);
	w.p.pins = 7;
	expect(PLEDGE_CONTENT);
	w.voucher.pinned_domain_cert = span_of(NULL, 0);
	w.p.pins = PLEDGE_PIN_CERTIFICATE;
	w.voucher.pinned_domain_pubk_sha256.len++;
	expect(PLEDGE_PIN);
}

#define BEGIN "{\"ietf-voucher:voucher\":{"
#define MEMBERS                                                     \
	"\"serial-number\":\"" SERIAL "\",\"nonce\":\"" NONCE "\"," \
	"\"pinned-domain-pubk-sha256\":"                            \
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
#define REST MEMBERS "}}"

static void
contents_in_json(void **state)
{
	static const struct {
		const char *text;
		enum pledge_verdict v;
	} rows[] = {
		{ BEGIN "\"assertion\":\"logged\"," REST, PLEDGE_ACCEPTED },
		/* What is unknown is ignored (RFC 8995 5.6.1). */
		{ BEGIN
		    "\"x\":[1,{\"nonce\":2}],\"assertion\":\"logged\"," REST,
		    PLEDGE_ACCEPTED },
		{ BEGIN "\"domain-cert-revocation-checks\":\"true\","
			"\"assertion\":\"logged\"," REST,
		    PLEDGE_ACCEPTED },
		{ BEGIN "\"assertion\":\"agent-pro\\u0078imity\"," REST,
		    PLEDGE_ACCEPTED },
		{ BEGIN REST, PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"Logged\"," REST, PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":1," REST, PLEDGE_CONTENT },
		{ BEGIN
		    "\"assertion\":\"logged\",\"assertion\":\"logged\"," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\",\"nonce\":\"" NONCE
			"\"," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\",\"created-on\":"
			"\"2027-02-29T00:00:00Z\"," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\",\"expires-on\":17," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\",\"idevid-issuer\":\"BBgw\\n"
			"\"," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\",\"est-domain\":\"\"," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\","
			"\"domain-cert-revocation-checks\":0," REST,
		    PLEDGE_CONTENT },
		{ "{\"ietf-voucher-request:voucher\":{"
		  "\"assertion\":\"logged\"," REST,
		    PLEDGE_CONTENT },
		{ "{\"a\":1,\"ietf-voucher:voucher\":{"
		  "\"assertion\":\"logged\"," REST,
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\","
			"\"pinned-domain-pubk-sha256\":\"AAAA\","
			"\"serial-number\":\"" SERIAL "\"}}",
		    PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\"," MEMBERS "},\"b\":1}",
		    PLEDGE_CONTENT },
		{ "{\"ietf-voucher:voucher\":[]}", PLEDGE_CONTENT },
		{ "{}", PLEDGE_CONTENT },
		{ "[]", PLEDGE_CONTENT },
		{ BEGIN "\"assertion\":\"logged\"," REST " 1", PLEDGE_CONTENT },
		/* The name of before, alone and beside the new one (MP 6.2). */
		{ BEGIN "\"assertion\":\"logged\","
			"\"manufacturer-private\":\"eA==\"," REST,
		    PLEDGE_ACCEPTED },
		{ BEGIN "\"assertion\":\"logged\","
			"\"manufacturer-private\":\"eA==\","
			"\"manufacturer-proprietary\":\"eA==\"," REST,
		    PLEDGE_CONTENT },
		/* The first second that has a number is a moment, too. */
		{ BEGIN "\"assertion\":\"logged\",\"expires-on\":"
			"\"1970-01-01T00:00:00Z\"," REST,
		    PLEDGE_EXPIRED },
		/* Deeper than the limit: that is no other fault. */
		{ BEGIN "\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]],"
			"\"assertion\":\"logged\"," REST,
		    PLEDGE_LIMIT },
	};
	enum pledge_format f;
	size_t i;

	(void)state;
	w.p.pins = 7;
	w.p.issuer_demanded = false;
	for (f = PLEDGE_CMS; f <= PLEDGE_JWS; f++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			w.content = span_str(rows[i].text);
			if (world_judge(f) != rows[i].v)
				fail_msg("%d: %s: %s", (int)f, rows[i].text,
				    pledge_code(world_look()));
		}
}

static void
contents_in_cbor(void **state)
{
	/* {2451: {1: 1, 11: serial, 7: nonce, 10: hash}}, and variations of what
	 * is in front of the hash. */
#define SERIAL_NUMBER "\x6b" SERIAL
#define NONCE_OCTETS \
	"\x50"       \
	"0123456789abcdef"
#define HASH       \
	"\x58\x20" \
	"0123456789abcdef0123456789abcdef"
#define ROW(head, v)                                              \
	{                                                         \
		head "\x0a" HASH, sizeof(head "\x0a" HASH) - 1, v \
	}
	static const struct {
		const char *octets;
		size_t len;
		enum pledge_verdict v;
	} rows[] = {
		ROW("\xa1\x19\x09\x93\xa4\x01\x01\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_ACCEPTED),
		/* The root by its name, a leaf by its name, one by tag 47. */
		ROW("\xa1\x74ietf-voucher:voucher\xa4\x69"
		    "assertion\x01\x0b" SERIAL_NUMBER
		    "\xd8\x2f\x19\x09\x9a" NONCE_OCTETS,
		    PLEDGE_ACCEPTED),
		/* An unknown leaf. */
		ROW("\xa1\x19\x09\x93\xa5\x18\x63\x82\x01\x02\x01\x01"
		    "\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_ACCEPTED),
		/* assertion twice, by SID and by name. */
		ROW("\xa1\x19\x09\x93\xa5\x01\x01\x69"
		    "assertion\x01\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		ROW("\xa1\x19\x09\x93\xa4\x01\x04\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT), /* assertion 4 */
		ROW("\xa1\x19\x09\x93\xa3\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT), /* none */
		/* An unknown leaf twice: by its number and under tag 47, by its
		 * name; and a number and a name. */
		ROW("\xa1\x19\x09\x93\xa6\x0f\x01\xd8\x2f\x19\x09\xa2\x01\x01\x01"
		    "\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		ROW("\xa1\x19\x09\x93\xa6\x61x\x01\x61x\x01\x01\x01"
		    "\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		ROW("\xa1\x19\x09\x93\xa6\x61x\x01\x0f\x01\x01\x01"
		    "\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_ACCEPTED),
		/* The name of before, beside the new one. */
		ROW("\xa1\x19\x09\x93\xa6\x73manufacturer-private\x41x\x0e\x41y"
		    "\x01\x01\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		/* A request's numbers: 2501, and 13 for the serial. */
		ROW("\xa1\x19\x09\xc5\xa4\x01\x01\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		ROW("\xa1\x19\x09\x93\xa4\x01\x01\x0d" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		/* A key that is neither; a text where octets belong. */
		ROW("\xa1\x19\x09\x93\xa4\x41\x01\x01\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		ROW("\xa1\x19\x09\x93\xa4\x01\x01\x0b" SERIAL_NUMBER "\x07\x70"
		    "0123456789abcdef",
		    PLEDGE_CONTENT),
		/* One pair fewer than there are, and one more. */
		ROW("\xa1\x19\x09\x93\xa3\x01\x01\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		ROW("\xa1\x19\x09\x93\xa5\x01\x01\x0b" SERIAL_NUMBER
		    "\x07" NONCE_OCTETS,
		    PLEDGE_CONTENT),
		/* Eight levels, of which two are the voucher's own; nine. */
		ROW("\xa1\x19\x09\x93\xa5\x61x\x81\x81\x81\x81\x81\x81\x01"
		    "\x01\x01\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_ACCEPTED),
		ROW("\xa1\x19\x09\x93\xa5\x61x\x81\x81\x81\x81\x81\x81\x81\x01"
		    "\x01\x01\x0b" SERIAL_NUMBER "\x07" NONCE_OCTETS,
		    PLEDGE_LIMIT),
		{ "\xa0", 1, PLEDGE_CONTENT },
		{ "\xa1\x19\x09\x93\x80", 5, PLEDGE_CONTENT },
		{ "\x80", 1, PLEDGE_CONTENT },
	}, empty = ROW("\xa1\x19\x09\x93\xa4\x01\x01\x0b" SERIAL_NUMBER
		       "\x07\x40", PLEDGE_NONCE);
	size_t i;

	(void)state;
	w.p.pins = 7;
	w.p.issuer_demanded = false;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w.content = span_of(rows[i].octets, rows[i].len);
		if (world_judge(PLEDGE_COSE) != rows[i].v)
			fail_msg("row %zu: %s", i, pledge_code(world_look()));
	}
	/* A nonce of nothing is none, and answers nothing. */
	w.content = span_of(empty.octets, empty.len);
	world_sign(PLEDGE_COSE);
	w.p.nonce = span_of(NULL, 0);
	assert_int_equal(world_look(), empty.v);
}

static void
limits(void **state)
{
	static uint8_t long_one[PLEDGE_VOUCHER_MAX + 1],
	    enough[PLEDGE_WORK(sizeof(long_one))];
	uint8_t work[64];

	(void)state;
	memset(long_one, ' ', sizeof(long_one));
	long_one[0] = '{';
	w.bytes = span_of(long_one, sizeof(long_one));
	assert_int_equal(
	    pledge_verify(&w.p, w.bytes, enough, sizeof(enough), &w.out),
	    PLEDGE_LIMIT);
	/* What the firmware itself got wrong. */
	world_sign(PLEDGE_CMS);
	assert_int_equal(
	    pledge_verify(&w.p, w.bytes, work, sizeof(work), &w.out),
	    PLEDGE_CALL);
	w.p.anchors_len = 0;
	expect(PLEDGE_CALL);
	w.p.anchors_len = 1;
	w.p.idevid.len--;
	expect(PLEDGE_CALL);
	w.p.idevid = w.root.der; /* no serialNumber in it */
	expect(PLEDGE_CALL);
	w.p.idevid = w.device.der;
	w.anchor.certifies = false; /* then it is good for nothing */
	expect(PLEDGE_CALL);
	w.anchor.certifies = true;
	w.anchor.key.len = 0;
	expect(PLEDGE_CALL);
	/* What is no SubjectPublicKeyInfo: a certificate, the point alone. */
	w.anchor.key = w.root.der;
	expect(PLEDGE_CALL);
	w.anchor.key = span_of(w.root.c.spki.ptr + 26, 65);
	expect(PLEDGE_CALL);
}

static void
more_certificates_than_the_limit(void **state)
{
	static uint8_t octets[8192], signature[64];
	struct cbor_out o;
	unsigned i, n;

	(void)state;
	for (i = 3; i < 10; i++)
		w.chain[i] = &w.stranger;
	w.chain_len = 10;
	assert_int_equal(world_judge(PLEDGE_JWS), PLEDGE_ACCEPTED);
	assert_int_equal(world_judge(PLEDGE_COSE), PLEDGE_ACCEPTED);
	for (n = 10; n <= 11; n++) {
		cbor_out_open(&o, octets, sizeof(octets));
		cbor_put_tag(&o, 18);
		cbor_put_array(&o, 4);
		cbor_put_bytes(&o, span_of("\xa1\x01\x26", 3));
		cbor_put_map(&o, 1);
		cbor_put_uint(&o, 32);
		cbor_put_array(&o, n);
		for (i = 0; i < n; i++)
			cbor_put_bytes(&o, w.signer.der);
		cbor_put_bytes(&o, span_str("content"));
		cbor_put_bytes(&o, span_of(signature, sizeof(signature)));
		assert_int_equal(cbor_out_span(&o, &w.bytes), WIRE_OK);
		assert_int_equal(
		    world_look(), n == 10 ? PLEDGE_SIGNATURE : PLEDGE_LIMIT);
	}
}

/* Headers of COSE, in front of content and a signature that nobody comes to. */
static void
headers(void **state)
{
#define COSE(head, v)                                        \
	{                                                    \
		head "\x41\x00\x41\x00", sizeof(head) + 3, v \
	}
	static const struct {
		const char *octets;
		size_t len;
		enum pledge_verdict v;
	} rows[] = {
		COSE("\xd2\x84\x43\xa1\x01\x26\xa0", PLEDGE_SIGNATURE),
		COSE("\x84\x43\xa1\x01\x26\xa0", PLEDGE_SIGNATURE),
		COSE("\xd2\x84\x40\xa0", PLEDGE_ALGORITHM),
		COSE("\xd2\x84\x43\xa1\x01\x27\xa0", PLEDGE_ALGORITHM),
		/* alg that is not protected; twice; crit in either map. */
		COSE("\xd2\x84\x40\xa1\x01\x26", PLEDGE_ALGORITHM),
		COSE("\xd2\x84\x45\xa2\x01\x26\x01\x26\xa0", PLEDGE_CONTAINER),
		/* Also of a label without a meaning here: 4, then "a". */
		COSE("\xd2\x84\x43\xa1\x01\x26\xa2\x04\x40\x05\x40",
		    PLEDGE_SIGNATURE),
		COSE("\xd2\x84\x43\xa1\x01\x26\xa2\x04\x40\x04\x40",
		    PLEDGE_CONTAINER),
		COSE("\xd2\x84\x43\xa1\x01\x26\xa2\x61"
		     "a\x40\x61"
		     "b\x40",
		    PLEDGE_SIGNATURE),
		COSE("\xd2\x84\x43\xa1\x01\x26\xa2\x61"
		     "a\x40\x61"
		     "a\x40",
		    PLEDGE_CONTAINER),
		/* By its meaning, its length in one octet or in two. */
		COSE("\xd2\x84\x43\xa1\x01\x26\xa2\x61"
		     "a\x40\x78\x01"
		     "a\x40",
		    PLEDGE_CONTAINER),
		/* Neither a number nor a text (RFC 9052 1.5). */
		COSE("\xd2\x84\x43\xa1\x01\x26\xa1\x41"
		     "a\x40",
		    PLEDGE_CONTAINER),
		COSE("\xd2\x84\x43\xa1\x01\x26\xa1\x80\x40", PLEDGE_CONTAINER),
		COSE("\xd2\x84\x46\xa2\x01\x26\x02\x81\x01\xa0", PLEDGE_HEADER),
		COSE("\xd2\x84\x43\xa1\x01\x26\xa1\x02\x81\x01", PLEDGE_HEADER),
		/* x5bag that is no certificate's octets. */
		COSE("\xd2\x84\x43\xa1\x01\x26\xa1\x18\x20\x01",
		    PLEDGE_CONTAINER),
		COSE("\xd2\x84\x43\xa1\x01\x26\xa1\x18\x20\x41\x30",
		    PLEDGE_CERTIFICATE),
		/* Tag 17 begins with another octet; three elements. */
		COSE("\xd1\x84\x43\xa1\x01\x26\xa0", PLEDGE_FORMAT),
		COSE("\xd2\x83\x43\xa1\x01\x26\xa0", PLEDGE_CONTAINER),
	};
	size_t i;

	(void)state;
	w.anchor.signs = true;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w.bytes = span_of(rows[i].octets, rows[i].len);
		if (world_look() != rows[i].v)
			fail_msg("row %zu: %s", i, pledge_code(world_look()));
	}
}

/* The protected header of a JWS, base64url of the text, and what is around it. */
static enum pledge_verdict
jws_of(const char *protected, const char *before, const char *behind)
{
	static char text[2048];
	char encoded[1024];

	base64url_encode(encoded, span_str(protected));
	snprintf(text, sizeof(text),
	    "{\"payload\":\"e30\",\"signatures\":[%s{\"protected\":\"%s\","
	    "\"signature\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"%s}]}",
	    before, encoded, behind);
	w.bytes = span_str(text);
	return world_look();
}

static void
headers_of_jws(void **state)
{
	(void)state;
	w.anchor.signs = true;
	assert_int_equal(
	    jws_of("{\"alg\":\"ES256\"}", "", ""), PLEDGE_SIGNATURE);
	assert_int_equal(
	    jws_of("{\"alg\":\"none\"}", "", ""), PLEDGE_ALGORITHM);
	assert_int_equal(
	    jws_of("{\"alg\":\"HS256\"}", "", ""), PLEDGE_ALGORITHM);
	assert_int_equal(jws_of("{\"alg\":\"ES384\"}", "", ""),
	    PLEDGE_ALGORITHM); /* another curve, by its name */
	assert_int_equal(jws_of("{}", "", ""), PLEDGE_ALGORITHM);
	assert_int_equal(jws_of("[]", "", ""), PLEDGE_CONTAINER);
	assert_int_equal(jws_of("{\"alg\":\"ES256\",\"typ\":\"JWT\"}", "", ""),
	    PLEDGE_HEADER);
	assert_int_equal(jws_of("{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "", ""),
	    PLEDGE_HEADER);
	assert_int_equal(
	    jws_of("{\"alg\":\"ES256\"}", "", ",\"header\":{\"crit\":[\"x\"]}"),
	    PLEDGE_HEADER);
	assert_int_equal(jws_of("{\"alg\":\"ES256\"}", "",
			     ",\"header\":{\"x5c\":[\"AAAA\"]}"),
	    PLEDGE_SIGNATURE);
	/* A name in both, in whatever way it is written. */
	assert_int_equal(jws_of("{\"alg\":\"ES256\"}", "",
			     ",\"header\":{\"\\u0061lg\":\"none\"}"),
	    PLEDGE_HEADER);
	assert_int_equal(jws_of("{\"alg\":\"ES256\",\"x5c\":[\"A\"]}", "", ""),
	    PLEDGE_CONTAINER);
	assert_int_equal(
	    jws_of("{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"]}", "", ""),
	    PLEDGE_CERTIFICATE);
	/* The first signature is the one that counts (MP 9). */
	assert_int_equal(
	    jws_of("{\"alg\":\"ES256\"}", "1,", ""), PLEDGE_CONTAINER);
	w.bytes = span_str("{\"payload\":\"e30\",\"signatures\":[]}");
	assert_int_equal(world_look(), PLEDGE_CONTAINER);
	w.bytes = span_str("{\"payload\":\"e30\",\"protected\":\"\","
			   "\"signature\":\"\"}");
	assert_int_equal(world_look(), PLEDGE_CONTAINER);
}

static void
words_of_all_verdicts(void **state)
{
	enum pledge_verdict v;

	(void)state;
	for (v = PLEDGE_ACCEPTED; v <= PLEDGE_REGISTRAR; v++) {
		assert_true(strlen(pledge_code(v)) > 3);
		assert_true(strlen(pledge_clause(v)) > 3);
		assert_true(strlen(pledge_sentence(v)) > 10);
	}
	assert_string_equal(
	    pledge_code(PLEDGE_UNAUTHORIZED), "unauthorized-signer");
	assert_string_equal(pledge_code((enum pledge_verdict)99), "call");
}

#define CASE(f) cmocka_unit_test_setup(f, world_reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(obeys_a_good_one),
		CASE(tells_what_is_optional),
		CASE(the_anchor_need_not_come_along),
		CASE(formats_are_the_firmwares),
		CASE(any_octet_changed),
		CASE(any_end),
		CASE(another_key_has_signed),
		CASE(another_device),
		CASE(another_issuer),
		CASE(an_issuer_without_key_identifier),
		CASE(another_nonce),
		CASE(expired),
		CASE(dates_of_the_signer),
		CASE(kinds_of_pins),
		CASE(several_pins),
		CASE(contents_in_json),
		CASE(contents_in_cbor),
		CASE(limits),
		CASE(more_certificates_than_the_limit),
		CASE(headers),
		CASE(headers_of_jws),
		CASE(words_of_all_verdicts),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
