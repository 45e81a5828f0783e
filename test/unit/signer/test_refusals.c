/* A lying authority: each lie is refused, and leaves no record. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "envelope/pem.h"
#include "wire/cbor.h"
#include "world.h"

static uint64_t
head(void)
{
	return journal_ledger(world.signer.journal)->sequence;
}

static void
refused(const struct voucher_order *v, enum reason expected)
{
	uint64_t before;
	struct why why;
	enum reason r;

	/* Signatures of before are announced on their own. */
	memset(&world.reply, 0, sizeof(world.reply));
	assert_int_equal(signer_flush(&world.signer, &why), REASON_OK);
	before = head();
	r = order_voucher(v);
	if (r != expected)
		fail_msg("%s (%s), not %s", reason_code(r), world.reply.text,
		    reason_code(expected));
	assert_int_equal(head(), before);
	assert_int_equal(world.reply.artifact_len, 0);
	assert_int_equal(world.reply.sequence, 0);
}

static void
set_policy(struct key_policy *p, const char *name, const char *value)
{
	struct why why;

	if (key_policy_set(p, name, span_str(value), &why) != REASON_OK)
		fail_msg("%s", why.text);
}

/* The tag holds a device to its serial, issuer, product, key and slot. */
static void
another_device(void **state)
{
	const struct voucher_order good = world_voucher();
	struct voucher_order v = good;

	(void)state;
	v.device.tag[31] ^= 1;
	refused(&v, REASON_SIGNER_TAG);
	v = good;
	v.device.serial[0] = '1';
	refused(&v, REASON_SIGNER_TAG);
	v = good;
	v.device.issuer.bytes[0] ^= 1;
	refused(&v, REASON_SIGNER_TAG);
	v = good;
	strcpy(v.device.product, "router-8");
	refused(&v, REASON_SIGNER_TAG);
	v = good;
	v.device.spki_sha256[0] ^= 1;
	refused(&v, REASON_SIGNER_TAG);
	v = good;
	v.device.key_slot++;
	refused(&v, REASON_SIGNER_TAG);
	assert_int_equal(order_voucher(&good), REASON_OK);
}

/* By a good tag, which an order for an IDevID or an import of that slot gets. */
static void
another_slot(void **state)
{
	struct voucher_order v = world_voucher();

	(void)state;
	v.device.key_slot = 2;
	device_tag(&world.signer.tag_key, &v.device, v.device.tag);
	refused(&v, REASON_SIGNER_POLICY);
	assert_non_null(strstr(world.reply.text, "slot 2"));
	v.device.key_slot = 0;
	device_tag(&world.signer.tag_key, &v.device, v.device.tag);
	assert_int_equal(order_voucher(&v), REASON_OK);
}

static void
bad_fields(void **state)
{
	static const char *const nonces[] = { "short", "1234567\"", "1234567\\",
		"1234567\n", "1234567\x7f", "1234567\xc3" };
	const struct voucher_order good = world_voucher();
	struct voucher_order v;
	uint8_t large[CERTIFICATE_MAX + 1] = { 0x30 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
		v = good;
		strcpy(v.nonce, nonces[i]);
		refused(&v, REASON_SIGNER_FACTS);
	}
	v = good;
	v.assertion = ASSERTION_NONE;
	refused(&v, REASON_SIGNER_FACTS);
	v.assertion = 5;
	refused(&v, REASON_SIGNER_FACTS);
	v = good;
	/* Octets in CBOR: a nonce that is no base64 cannot be said there. */
	v.format = FORMAT_COSE_CBOR;
	refused(&v, REASON_SIGNER_FACTS);
	v = good;
	v.pin = span_of(large, sizeof(large));
	refused(&v, REASON_SIGNER_FACTS);
	v.pin = span_of(large, 0);
	refused(&v, REASON_SIGNER_FACTS);
	v.pin = span_of(good.pin.ptr, good.pin.len - 1);
	refused(&v, REASON_SIGNER_FACTS);
	v = good;
	strcpy(v.device.serial, "under_score");
	refused(&v, REASON_SIGNER_FACTS);
	v = good;
	v.device.serial[0] = '\0';
	refused(&v, REASON_SIGNER_FACTS);
	v = good;
	v.device.issuer.len = 0;
	refused(&v, REASON_SIGNER_FACTS);
	v = good;
	strcpy(v.device.product, "../x");
	refused(&v, REASON_SIGNER_FACTS);
}

/* What says where to go on is a URL of ours or nothing (MP 15.2). */
static void
bad_cloud_attributes(void **state)
{
	static const char *const urls[] = { "http://a", "https://",
		"https://a b", "https://a\"" };
	const struct voucher_order good = world_voucher();
	static uint8_t octets[PROPRIETARY_MAX + 1];
	struct voucher_order v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		v = good;
		strcpy(v.est_domain, urls[i]);
		refused(&v, REASON_SIGNER_FACTS);
		v = good;
		strcpy(v.configuration_url, urls[i]);
		refused(&v, REASON_SIGNER_FACTS);
	}
	v = good;
	v.proprietary = span_of(octets, sizeof(octets));
	refused(&v, REASON_SIGNER_FACTS);
	/* Not in the layout of 2019, which would leave it out. */
	v = good;
	v.format = FORMAT_COSE_CBOR;
	strcpy(v.nonce, "MDEyMzQ1Njc=");
	v.layout_2019 = true;
	strcpy(v.est_domain, "https://est.example");
	refused(&v, REASON_SIGNER_FACTS);
	v.layout_2019 = false;
	assert_int_equal(order_voucher(&v), REASON_OK);
}

/* The record names the domain that the voucher names. */
static void
another_domain(void **state)
{
	struct voucher_order v = world_voucher();

	(void)state;
	v.domain_id[0] ^= 1;
	refused(&v, REASON_SIGNER_FACTS);
	v.domain_id[0] ^= 1;
	v.domain_id_len--;
	refused(&v, REASON_SIGNER_FACTS);
	v.domain_id_len = 0;
	refused(&v, REASON_SIGNER_FACTS);
	/* A raw key is known by its hash, a certificate by its identifier. */
	v = world_voucher();
	v.pin_kind = PIN_PUBK;
	refused(&v, REASON_SIGNER_FACTS);
	v.pin_kind = PIN_CERTIFICATE;
	sha256(world.pinned.spki, v.domain_id);
	v.domain_id_len = HASH_SIZE;
	refused(&v, REASON_SIGNER_FACTS);
}

/* RFC 8995 5.5: not the certificate of a public CA, nor its key, whoever says
 * so. */
static void
public_ca(const char *path)
{
	static uint8_t room[CERTIFICATE_MAX * 2];
	struct voucher_order v = world_voucher();
	struct certificate root;
	struct buf file;
	struct why why;
	size_t len;

	assert_int_equal(file_read(path, &file, 65536, &why), REASON_OK);
	if (!pem_or_der(
		buf_span(&file), "CERTIFICATE", room, sizeof(room), &len) ||
	    certificate_read(span_of(room, len), &root, &why) != REASON_OK)
		fail_msg("%s: %s", path, why.text);
	v.pin = root.der;
	certificate_domain_id(&root, v.domain_id, &v.domain_id_len);
	refused(&v, REASON_SIGNER_PIN);
	v.pin_kind = PIN_PUBK;
	sha256(root.spki, v.domain_id);
	v.domain_id_len = HASH_SIZE;
	refused(&v, REASON_SIGNER_PIN);
	v.pin_kind = PIN_PUBK_SHA256;
	refused(&v, REASON_SIGNER_PIN);
	buf_free(&file);
}

static void
public_cas(void **state)
{
	DIR *folder = opendir(PUBLIC_CAS);
	struct dirent *e;
	char path[1024];
	unsigned n = 0;

	(void)state;
	assert_non_null(folder);
	while ((e = readdir(folder)) != NULL) {
		if (strstr(e->d_name, ".crt") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", PUBLIC_CAS, e->d_name);
		public_ca(path);
		n++;
	}
	closedir(folder);
	assert_true(n > 50);
}

static void
expiry(void **state)
{
	struct voucher_order v = world_voucher();

	(void)state;
	v.expires_on = world.now + 1200;
	refused(&v, REASON_SIGNER_FACTS); /* with a nonce */
	v.nonce[0] = '\0';
	v.expires_on = world.pinned.not_after + 1;
	refused(&v, REASON_SIGNER_FACTS);
	v.expires_on = world.now - 1;
	refused(&v, REASON_SIGNER_FACTS);
	v.expires_on = world.pinned.not_after;
	assert_int_equal(order_voucher(&v), REASON_OK);
}

static void
wrong_key(void **state)
{
	struct voucher_order v = world_voucher();
	struct key_order k = { .purpose = PURPOSE_VOUCHER,
		.name = "other",
		.policy = { .kinds = SIGNED_NONCED } };

	(void)state;
	strcpy(v.key, "nobody");
	refused(&v, REASON_SIGNER_KEY);
	strcpy(v.key, CA_KEY);
	refused(&v, REASON_SIGNER_POLICY);
	assert_int_equal(order_key(&k), REASON_OK);
	strcpy(v.key, "other");
	refused(&v, REASON_SIGNER_KEY); /* has no certificate yet */
	strcpy(v.key, VOUCHER_KEY);
	strcpy(v.device.product, "camera");
	device_tag(&world.signer.tag_key, &v.device, v.device.tag);
	refused(&v, REASON_SIGNER_POLICY); /* another product's key */
}

static void
retired_key(void **state)
{
	struct voucher_order v = world_voucher();
	struct why why;

	(void)state;
	assert_int_equal(order_voucher(&v), REASON_OK);
	/* That a key is copied is not for others to say. */
	assert_int_equal(
	    order_act(LEDGER_VERB_COPY, VOUCHER_KEY), REASON_SIGNER_FACTS);
	assert_int_equal(order_act(LEDGER_VERB_RETIRE, VOUCHER_KEY), REASON_OK);
	assert_int_equal(
	    order_act(LEDGER_VERB_COPY, VOUCHER_KEY), REASON_SIGNER_FACTS);
	refused(&v, REASON_SIGNER_KEY); /* not even again */
	assert_int_equal(
	    order_act(LEDGER_VERB_RETIRE, VOUCHER_KEY), REASON_SIGNER_KEY);
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
	refused(&v, REASON_SIGNER_KEY);
}

/* R-3.7: the signature N+1, inside of one group too. */
static void
count_reached(void **state)
{
	struct voucher_order v = world_voucher();
	struct idevid_order i;
	unsigned n;

	(void)state;
	for (n = 0; n < 4; n++) {
		v.request_sha256[0] = (uint8_t)n;
		queue_voucher(n, &v);
	}
	world_group();
	assert_int_equal(world.reply.count, 4);
	assert_int_equal(world.reply.reason, REASON_SIGNER_COUNT);
	assert_int_equal(world.reply.records, 3);
	v.request_sha256[0] = 9;
	refused(&v, REASON_SIGNER_COUNT);
	/* What is only rendered again has been counted. */
	v.request_sha256[0] = 2;
	assert_int_equal(order_voucher(&v), REASON_OK);
	assert_true(world.reply.again);
	for (n = 1; n <= 3; n++) {
		i = world_idevid(n);
		assert_int_equal(order_idevid(&i), REASON_OK);
	}
	i = world_idevid(4);
	assert_int_equal(order_idevid(&i), REASON_SIGNER_COUNT);
}

/* R-3.7: days of use, by the time of the chain. */
static void
days_over(void **state)
{
	struct voucher_order v = world_voucher();
	struct why why;

	(void)state;
	world_close();
	clock_set_test(world.now + 91 * 86400);
	assert_int_equal(world_open(&why), REASON_OK);
	refused(&v, REASON_SIGNER_DATE);
}

/* Each row of the law's table: a policy that forbids one thing, and its own
 * reason; # is what the key has signed so far, + one more. */
static const struct {
	const char *name, *value;
	enum reason expected;
	const char *says;
} policy_rows[] = {
	{ "kinds", "nonceless", REASON_SIGNER_POLICY, "no nonced" },
	{ "product", "camera", REASON_SIGNER_POLICY, "router-9" },
	{ "product", "camera,router-8", REASON_SIGNER_POLICY, "router-9" },
	{ "serials", "AR9-*", REASON_SIGNER_POLICY, "AR9-*" },
	{ "serials", "00-D0-E5-F2-00-0", REASON_SIGNER_POLICY, "00" },
	{ "limit", "#", REASON_SIGNER_COUNT, "it has signed" },
	{ "first-day", "2026-05-29", REASON_SIGNER_DATE, "is 2026-05-29" },
	{ "last-day", "2026-05-27", REASON_SIGNER_DATE, "was 2026-05-27" },
	{ "rate", "#/day", REASON_SIGNER_RATE, "86400 seconds" },
	/* The same fields, wide enough. */
	{ "kinds", "nonced", REASON_OK, "" },
	{ "product", "camera,router-9", REASON_OK, "" },
	{ "product", "any", REASON_OK, "" },
	{ "serials", "00-D0-E5-?\?-00-*", REASON_OK, "" },
	{ "limit", "+", REASON_OK, "" },
	{ "first-day", "2026-05-28", REASON_OK, "" },
	{ "last-day", "2026-05-28", REASON_OK, "" },
	{ "rate", "+/day", REASON_OK, "" },
};

static void
policy_row(size_t i, const struct key_policy *wide, uint64_t issued)
{
	const char *pattern = policy_rows[i].value;
	struct key_policy p = *wide;
	struct voucher_order v = world_voucher();
	char value[40];

	snprintf(value, sizeof(value), "%s", pattern);
	if (pattern[0] == '#' || pattern[0] == '+')
		snprintf(value, sizeof(value), "%llu%s",
		    (unsigned long long)issued + (pattern[0] == '+'),
		    pattern + 1);
	set_policy(&p, policy_rows[i].name, value);
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_OK);
	v.request_sha256[0] = (uint8_t)i;
	v.request_sha256[1] = 1;
	if (policy_rows[i].expected == REASON_OK) {
		assert_int_equal(order_voucher(&v), REASON_OK);
		return;
	}
	refused(&v, policy_rows[i].expected);
	assert_non_null(strstr(world.reply.text, policy_rows[i].says));
}

static void
policy_table(void **state)
{
	struct key_policy wide = world_policy(VOUCHER_KEY);
	struct voucher_order v = world_voucher();
	uint64_t issued = 1;
	size_t i;

	(void)state;
	wide.limit = 0;
	wide.rate = 1000; /* counts from the first one on */
	wide.period = SECONDS_A_DAY;
	assert_int_equal(order_policy(VOUCHER_KEY, &wide), REASON_OK);
	assert_int_equal(order_voucher(&v), REASON_OK);
	for (i = 0; i < sizeof(policy_rows) / sizeof(policy_rows[0]); i++) {
		policy_row(i, &wide, issued);
		issued += policy_rows[i].expected == REASON_OK;
	}
}

/* Issuing CAs are held to theirs, and a nonceless voucher to the set. */
static void
policy_of_others(void **state)
{
	struct key_policy p = world_policy(CA_KEY);
	struct idevid_order i = world_idevid(1);
	struct voucher_order v = world_voucher();

	(void)state;
	set_policy(&p, "serials", "AR9-F1-0002");
	assert_int_equal(order_policy(CA_KEY, &p), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
	i = world_idevid(2);
	assert_int_equal(order_idevid(&i), REASON_OK);
	p = world_policy(VOUCHER_KEY);
	set_policy(&p, "kinds", "nonced");
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_OK);
	v.nonce[0] = '\0';
	refused(&v, REASON_SIGNER_POLICY);
}

/* A field that is too long never becomes an order: the frame is malformed. */
static void
oversize(void **state)
{
	struct voucher_order v = world_voucher();
	static uint8_t room[FRAME_MAX];
	static const uint8_t large[CERTIFICATE_MAX + 1] = { 0x30 };
	struct cbor_out out;
	struct order *o;

	(void)state;
	cbor_out_open(&out, room, sizeof(room));
	message_voucher_order_put(&out, &v);
	o = order_read(MESSAGE_SIGN_VOUCHER, 1, span_of(out.buf, out.len));
	assert_non_null(o);
	order_free(o);
	v.pin = span_of(large, sizeof(large));
	cbor_out_open(&out, room, sizeof(room));
	message_voucher_order_put(&out, &v);
	assert_null(
	    order_read(MESSAGE_SIGN_VOUCHER, 1, span_of(out.buf, out.len)));
}

/* What is no policy, and for whom there is none. */
static void
policy_lies(void **state)
{
	const struct key_policy good = world_policy(VOUCHER_KEY);
	struct key_policy p = good;
	uint64_t before = head();

	(void)state;
	assert_int_equal(order_policy("nobody", &p), REASON_SIGNER_KEY);
	p.kinds = 0;
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_SIGNER_FACTS);
	p.kinds = SIGNED_IDEVID;
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_SIGNER_FACTS);
	p = good;
	assert_int_equal(order_policy(CA_KEY, &p), REASON_SIGNER_FACTS);
	strcpy(p.serials, "under_score*");
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_SIGNER_FACTS);
	p = good;
	p.period = 60; /* without a rate */
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_SIGNER_FACTS);
	p = good;
	p.first_day = p.last_day + 1;
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_SIGNER_FACTS);
	p = good;
	p.products_len = 2; /* the second one is empty */
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_SIGNER_FACTS);
	assert_int_equal(head(), before);
	assert_int_equal(order_act(LEDGER_VERB_RETIRE, VOUCHER_KEY), REASON_OK);
	assert_int_equal(order_policy(VOUCHER_KEY, &good), REASON_SIGNER_KEY);
}

/* A period of the rate ends with the time of the chain, and nothing else:
 * neither a new start, nor another policy of the same period. */
static void
rate_kept(void **state)
{
	struct key_policy p = world_policy(VOUCHER_KEY);
	struct voucher_order v = world_voucher();
	struct why why;

	(void)state;
	set_policy(&p, "rate", "1/hour");
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_OK);
	assert_int_equal(order_voucher(&v), REASON_OK);
	v.request_sha256[0] = 1;
	refused(&v, REASON_SIGNER_RATE);
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
	refused(&v, REASON_SIGNER_RATE);
	set_policy(&p, "limit", "100");
	assert_int_equal(order_policy(VOUCHER_KEY, &p), REASON_OK);
	refused(&v, REASON_SIGNER_RATE);
	world_close();
	clock_set_test(world.now + 3600);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(order_voucher(&v), REASON_OK);
	v.request_sha256[0] = 2;
	refused(&v, REASON_SIGNER_RATE);
}

static void
idevid_lies(void **state)
{
	const struct idevid_order good = world_idevid(9);
	struct idevid_order i = good;
	uint64_t before;

	(void)state;
	assert_int_equal(order_idevid(&good), REASON_OK);
	assert_int_equal(order_act("remark", ""), REASON_OK);
	before = head();
	i = world_idevid(9);
	i.request_sha256[5] ^= 1;
	assert_int_equal(order_idevid(&i), REASON_SERIAL_USED);
	i = world_idevid(0);
	assert_int_equal(order_idevid(&i), REASON_SERIAL_USED);
	i = world_idevid(10);
	strcpy(i.serial, "AR9-F2-000A");
	assert_int_equal(order_idevid(&i), REASON_SERIAL_SLOT);
	strcpy(i.serial, "AR9-F1-000B");
	assert_int_equal(order_idevid(&i), REASON_SERIAL_SLOT);
	i = world_idevid(10);
	strcpy(i.masa_url, "not a host");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_FACTS);
	i = world_idevid(10);
	strcpy(i.key, VOUCHER_KEY);
	assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
	i = world_idevid(10);
	i.spki = span_of(good.spki.ptr, good.spki.len - 1);
	assert_int_not_equal(order_idevid(&i), REASON_OK);
	i = world_idevid(10);
	i.counter = UINT64_C(1) << 21;
	assert_int_equal(order_idevid(&i), REASON_SERIAL_EXHAUSTED);
	assert_int_equal(head(), before);
	i = world_idevid(10);
	assert_int_equal(order_idevid(&i), REASON_OK);
	/* Left out, and never signed: the window remembers. */
	i = world_idevid(8);
	assert_int_equal(order_idevid(&i), REASON_OK);
	i.request_sha256[5] ^= 1;
	assert_int_equal(order_idevid(&i), REASON_SERIAL_USED);
}

/* A store from a backup may ask for what was signed since: the signer knows its
 * highest counter and which below it were signed, in each life (R-2.13). */
static void
counters_of_an_old_store(void **state)
{
	static const uint64_t counters[] = { 5, 3, 5, 3, 0 };
	struct key_policy p = world_policy(CA_KEY);
	struct idevid_order i = world_idevid(3);
	struct why why;
	size_t n;

	(void)state;
	p.limit = 100;
	assert_int_equal(order_policy(CA_KEY, &p), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_OK);
	i = world_idevid(5);
	assert_int_equal(order_idevid(&i), REASON_OK);
	for (n = 0; n < sizeof(counters) / sizeof(counters[0]); n++) {
		if (n == 2) {
			world_close();
			clock_set_test(world.now + 3600);
			assert_int_equal(world_open(&why), REASON_OK);
		}
		i = world_idevid(counters[n]);
		i.request_sha256[7] = (uint8_t)(n + 1);
		assert_int_equal(order_idevid(&i), REASON_SERIAL_USED);
	}
	i = world_idevid(4);
	assert_int_equal(order_idevid(&i), REASON_OK);
	i = world_idevid(6);
	assert_int_equal(order_idevid(&i), REASON_OK);
}

/* Existing serials have no counter: the signer remembers each. */
static void
existing_lies(void **state)
{
	struct idevid_order i = world_idevid(0x1f), good;
	struct why why;

	(void)state;
	i.token[0] = '\0';
	strcpy(i.product, "lamp-1");
	strcpy(i.scheme, "00-D0-E5-%%-%%-%%");
	strcpy(i.serial, "00-D0-E5-00-00-1F");
	good = i;
	i.counter = 0x20;
	assert_int_equal(order_idevid(&i), REASON_SERIAL_SYNTAX);
	i = good;
	strcpy(i.serial, "00-D0-E5-00-00-1f");
	assert_int_equal(order_idevid(&i), REASON_SERIAL_SYNTAX);
	i = good;
	strcpy(i.token, "AR9");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_FACTS);
	i = good;
	strcpy(i.scheme, "AR9-F1-%%%%");
	strcpy(i.serial, "AR9-F1-001F");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_FACTS);
	assert_int_equal(order_profile(&good), REASON_OK);
	assert_int_equal(order_idevid(&good), REASON_OK);
	/* Again, for another request; also in another life. */
	i = good;
	i.request_sha256[5] ^= 1;
	assert_int_equal(order_idevid(&i), REASON_SERIAL_USED);
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_SERIAL_USED);
	/* The same serial by another scheme, or for another product. */
	strcpy(i.scheme, "00-D0-E5-00-00-%%");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
	strcpy(i.product, "lamp-2");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
	strcpy(i.scheme, "OO-D0-E5-00-00-%%");
	strcpy(i.serial, "OO-D0-E5-00-00-1F");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
	/* The slot's own counters go on beside it. */
	i = world_idevid(1);
	assert_int_equal(order_idevid(&i), REASON_OK);
}

static void
key_lies(void **state)
{
	static const char *const names[] = { "tag", "../x", "", "-x", "a b",
		VOUCHER_KEY };
	struct key_order k = { .purpose = PURPOSE_IDEVID_CA,
		.slot = "F2",
		.policy = { .kinds = SIGNED_IDEVID } };
	uint64_t before = head();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		strcpy(k.name, names[i]);
		assert_int_not_equal(order_key(&k), REASON_OK);
	}
	strcpy(k.name, "next");
	strcpy(k.slot, "F1");
	assert_int_equal(order_key(&k), REASON_SIGNER_POLICY);
	strcpy(k.slot, "FI"); /* looks like F1 */
	assert_int_equal(order_key(&k), REASON_SIGNER_POLICY);
	strcpy(k.slot, "f2");
	assert_int_equal(order_key(&k), REASON_SIGNER_FACTS);
	assert_int_equal(head(), before);
	strcpy(k.slot, "F2");
	assert_int_equal(order_key(&k), REASON_OK);
}

/* MP 10.1, R-9.4: for vouchers of named products; and its placeholder is no
 * certificate of another key. */
static void
raw_key_lies(void **state)
{
	struct key_order k = { .purpose = PURPOSE_IDEVID_CA,
		.name = "raw",
		.slot = "F2",
		.raw = true,
		.policy = { .kinds = SIGNED_IDEVID } };
	struct key_certificate c = { .name = "raw", .chain_len = 1 };
	uint64_t before = head();

	(void)state;
	assert_int_equal(order_key(&k), REASON_SIGNER_FACTS);
	k.purpose = PURPOSE_VOUCHER;
	k.slot[0] = '\0';
	k.policy.kinds = SIGNED_NONCED;
	assert_int_equal(order_key(&k), REASON_SIGNER_FACTS);
	assert_int_equal(head(), before);
	k.policy.products_len = 1;
	strcpy(k.policy.products[0], "router-9");
	assert_int_equal(order_key(&k), REASON_OK);
	/* A root signs itself, too, but it is not this key. */
	c.chain[0] = keyring_find(&world.signer.keyring, VOUCHER_KEY)->chain[1];
	assert_int_equal(order_certificate(&c), REASON_CA_MISMATCH);
}

/* A certificate for a key that it does not fit. */
static void
certificate_lies(void **state)
{
	struct key_order k = { .purpose = PURPOSE_VOUCHER,
		.name = "next",
		.policy = { .kinds = SIGNED_NONCED } };
	const struct held_key *voucher =
	    keyring_find(&world.signer.keyring, VOUCHER_KEY);
	struct key_certificate c = { .name = "next", .chain_len = 2 };
	uint64_t before;

	(void)state;
	assert_int_equal(order_key(&k), REASON_OK);
	before = head();
	c.chain[0] = voucher->chain[0];
	c.chain[1] = voucher->chain[1];
	assert_int_equal(order_certificate(&c), REASON_CA_MISMATCH);
	c.chain_len = 1;
	assert_int_equal(order_certificate(&c), REASON_CA_MISMATCH);
	c.chain_len = 2;
	c.chain[1] = world.pinned.der;
	assert_int_equal(order_certificate(&c), REASON_CA_MISMATCH);
	strcpy(c.name, VOUCHER_KEY);
	c.chain[1] = voucher->chain[1];
	assert_int_equal(order_certificate(&c), REASON_SIGNER_KEY);
	strcpy(c.name, "nobody");
	assert_int_equal(order_certificate(&c), REASON_SIGNER_KEY);
	assert_int_equal(head(), before + 1); /* "signed", of the CSR */
}

static void
homes(void **state)
{
	char folder[80];
	struct signer_options o = { .folder = folder,
		.test_clock = true,
		.clock = world.now,
		.passphrase = -1 };
	struct signer other;
	struct why why;
	struct key_order more = { .purpose = PURPOSE_VOUCHER,
		.name = "more",
		.policy = { .kinds = SIGNED_NONCED } };

	(void)state;
	path_join(folder, sizeof(folder), world.home, "signer");
	assert_int_equal(signer_open(&other, &o, &why), REASON_HOME_LOCKED);
	o.create = true;
	assert_int_equal(signer_open(&other, &o, &why), REASON_HOME_INVALID);
	o.create = false;
	assert_int_equal(order_key(&more), REASON_OK);
	world_close();
	assert_int_equal(signer_open(&other, &o, &why), REASON_PASSPHRASE);
	/* Without its wrapping key an issuing CA's file opens with nothing. */
	assert_int_equal(world_shell("mv %s/signer/wrapping/" CA_KEY ".key "
				     "%s/kept"),
	    0);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_null(keyring_find(&world.signer.keyring, CA_KEY));
	assert_non_null(keyring_find(&world.signer.keyring, VOUCHER_KEY));
	world_close();
	assert_int_equal(world_shell("tr 0-9a-f 1-9a-f0 <%s/kept "
				     ">%s/signer/wrapping/" CA_KEY ".key"),
	    0);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_null(keyring_find(&world.signer.keyring, CA_KEY));
	world_close();
	assert_int_equal(world_shell("mv %s/kept "
				     "%s/signer/wrapping/" CA_KEY ".key"),
	    0);
	/* A key file that is not the one on record. */
	assert_int_equal(world_shell("cp %s/signer/keys/" VOUCHER_KEY ".key "
				     "%s/signer/keys/more.key"),
	    0);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_null(keyring_find(&world.signer.keyring, "more"));
	assert_non_null(keyring_find(&world.signer.keyring, CA_KEY));
	world_close();
	/* The tag key is not made anew. */
	assert_int_equal(world_shell("rm %s/signer/keys/tag.key"), 0);
	assert_int_equal(world_open(&why), REASON_HOME_INVALID);
	/* A home that is not for tests has no other clock. */
	assert_int_equal(world_shell("rm -r %s/signer/*"), 0);
	o.create = true;
	assert_int_equal(signer_open(&other, &o, &why), REASON_TEST_CLOCK);
	assert_int_equal(world_shell("rm -r %s"), 0);
	assert_int_equal(world_begin(NULL), 0);
}

/* The plan of a certificate is linted before anything is written down. */
static void
linted_first(void **state)
{
	struct idevid_order i = world_idevid(1);
	uint64_t before = head();
	uint8_t spki[SPKI_MAX];

	(void)state;
	memcpy(spki, i.spki.ptr, i.spki.len);
	spki[i.spki.len - 1] ^= 1; /* a point off its curve */
	i.spki.ptr = spki;
	assert_int_equal(order_idevid(&i), REASON_L10);
	assert_int_equal(head(), before);
	assert_int_equal(world.reply.artifact_len, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

/* Of another history, of records to come, by another key: no signature. */
static void
manifests(void **state)
{
	const struct ledger *l = journal_ledger(world.signer.journal);
	struct key_order k = { .purpose = PURPOSE_MANIFEST,
		.name = "manifest-1" };
	struct manifest_statement s = { .first = 1 }, good;

	(void)state;
	key_policy_defaults(&k.policy, k.purpose);
	k.policy.limit = 1;
	assert_int_equal(order_key(&k), REASON_OK);
	memcpy(s.signer, l->signer, sizeof(s.signer));
	s.last = l->sequence;
	memcpy(s.head, l->head, HASH_SIZE);
	good = s;
	assert_int_equal(order_manifest(VOUCHER_KEY, &s), REASON_SIGNER_POLICY);
	assert_int_equal(order_manifest("nobody", &s), REASON_SIGNER_KEY);
	s.head[0] ^= 1;
	assert_int_equal(order_manifest("manifest-1", &s), REASON_SIGNER_FACTS);
	s = good;
	s.last--;
	assert_int_equal(order_manifest("manifest-1", &s), REASON_SIGNER_FACTS);
	s.last = l->sequence + 1;
	assert_int_equal(order_manifest("manifest-1", &s), REASON_SIGNER_FACTS);
	s = good;
	s.signer[0] ^= 1;
	assert_int_equal(order_manifest("manifest-1", &s), REASON_SIGNER_FACTS);
	s = good;
	assert_int_equal(order_manifest("manifest-1", &s), REASON_OK);
	assert_int_equal(world.reply.record.kind, RECORD_MANIFEST);
	assert_int_equal(
	    ledger_key_of(&world.signer, "manifest-1")->last_record, good.last);
	assert_int_equal(order_manifest("manifest-1", &s), REASON_SIGNER_COUNT);
	/* It signs nothing else. */
	k.policy.kinds = SIGNED_NONCED;
	assert_int_equal(
	    order_policy("manifest-1", &k.policy), REASON_SIGNER_FACTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(another_device),
		CASE(another_slot),
		CASE(bad_fields),
		CASE(bad_cloud_attributes),
		CASE(another_domain),
		CASE(public_cas),
		CASE(expiry),
		CASE(wrong_key),
		CASE(retired_key),
		CASE(count_reached),
		CASE(days_over),
		CASE(policy_table),
		CASE(policy_of_others),
		CASE(oversize),
		CASE(policy_lies),
		CASE(rate_kept),
		CASE(idevid_lies),
		CASE(counters_of_an_old_store),
		CASE(existing_lies),
		CASE(linted_first),
		CASE(key_lies),
		CASE(raw_key_lies),
		CASE(certificate_lies),
		CASE(homes),
		CASE(manifests),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
