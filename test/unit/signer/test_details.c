/* What one line of the signer stands for each: edges, and what records and
 * certificates say. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "envelope/envelope.h"
#include "envelope/pem.h"
#include "model/voucher.h"
#include "wire/cbor.h"
#include "world.h"
#include "x509/render.h"

static uint64_t
head(void)
{
	return journal_ledger(world.signer.journal)->sequence;
}

static void
refused(const struct voucher_order *v, enum reason expected, const char *says)
{
	enum reason r = order_voucher(v);

	if (r != expected || strstr(world.reply.text, says) == NULL)
		fail_msg("%s (%s), not %s (%s)", reason_code(r),
		    world.reply.text, reason_code(expected), says);
}

static void
nonces(void **state)
{
	struct voucher_order v = world_voucher();

	(void)state;
	strcpy(v.nonce, "1234567");
	refused(&v, REASON_SIGNER_FACTS, "nonce");
	strcpy(v.nonce, "1 34567~"); /* 8, with the first and the last */
	assert_int_equal(order_voucher(&v), REASON_OK);
	v.request_sha256[0]++;
	memset(v.nonce, 'n', NONCE_MAX);
	v.nonce[NONCE_MAX] = '\0';
	assert_int_equal(order_voucher(&v), REASON_OK);
	v.request_sha256[0]++;
	strcpy(v.nonce, "1234567\x1f");
	refused(&v, REASON_SIGNER_FACTS, "nonce");
}

/* Over with its second. */
static void
expires(void **state)
{
	struct voucher_order v = world_voucher();

	(void)state;
	v.nonce[0] = '\0';
	v.expires_on = world.now;
	refused(&v, REASON_SIGNER_FACTS, "expires_on is over");
}

/* Only a key identifier can be named; another issuer is one all the same. */
static void
issuer_of_another_kind(void **state)
{
	struct voucher_order v = world_voucher();

	(void)state;
	v.device.issuer.kind = ISSUER_NAME;
	v.device.issuer.len = HASH_SIZE;
	device_tag(&world.signer.tag_key, &v.device, v.device.tag);
	v.name_issuer = true;
	refused(&v, REASON_SIGNER_FACTS, "name_issuer");
	v.name_issuer = false;
	assert_int_equal(order_voucher(&v), REASON_OK);
}

static void
pin_of(struct voucher_order *v, struct span der)
{
	struct certificate c;
	struct why why;

	if (certificate_read(der, &c, &why) != REASON_OK)
		fail_msg("%s", why.text);
	*v = world_voucher();
	v->pin = der;
	certificate_domain_id(&c, v->domain_id, &v->domain_id_len);
}

static struct span
any_public_ca(struct certificate *root)
{
	static uint8_t room[CERTIFICATE_MAX];
	DIR *folder = opendir(PUBLIC_CAS);
	struct dirent *e = NULL;
	char path[1024];
	struct buf file;
	struct why why;
	size_t len;

	assert_non_null(folder);
	while (
	    (e = readdir(folder)) != NULL && strstr(e->d_name, ".crt") == NULL)
		;
	assert_non_null(e);
	snprintf(path, sizeof(path), "%s/%s", PUBLIC_CAS, e->d_name);
	closedir(folder);
	assert_int_equal(file_read(path, &file, 65536, &why), REASON_OK);
	assert_true(pem_or_der(
	    buf_span(&file), "CERTIFICATE", room, sizeof(room), &len));
	buf_free(&file);
	assert_int_equal(
	    certificate_read(span_of(room, len), root, &why), REASON_OK);
	return root->subject;
}

/* Of this profile, by somebody with that name; nobody checks who signed it. */
static struct span
by_name(enum certificate_profile profile, struct span issuer)
{
	static const uint8_t ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	static const uint8_t signature[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02,
		0x01, 0x01 };
	static uint8_t tbs[CERTIFICATE_MAX], der[CERTIFICATE_MAX];
	struct certificate_plan plan = { .profile = profile,
		.organization = "Customer",
		.common_name = "Domain CA",
		.host = "registrar.example",
		.serial = { 1 },
		.not_before = world.now - 100,
		.not_after = world.now + 86400,
		.spki = world.pinned.spki,
		.issuer_name = issuer,
		.issuer_key_id = world.pinned.subject_key_id,
		.signature_algorithm = span_of(ecdsa, sizeof(ecdsa)) };
	size_t len;

	assert_true(certificate_render(&plan, tbs, sizeof(tbs), &len));
	assert_true(
	    certificate_assemble(span_of(tbs, len), plan.signature_algorithm,
		span_of(signature, sizeof(signature)), der, sizeof(der), &len));
	return span_of(der, len);
}

static struct span
der_of(const char *name, uint8_t room[CERTIFICATE_MAX])
{
	char path[100];
	struct buf file;
	struct why why;
	size_t len;

	path_join(path, sizeof(path), world.home, name);
	assert_int_equal(file_read(path, &file, 65536, &why), REASON_OK);
	assert_true(pem_or_der(
	    buf_span(&file), "CERTIFICATE", room, CERTIFICATE_MAX, &len));
	buf_free(&file);
	return span_of(room, len);
}

/* RFC 8995 5.5: a CA that a public CA has certified is one as well, by its
 * issuer's name or by its policy; what is no CA is only itself. */
static void
below_public_cas(void **state)
{
	static uint8_t room[CERTIFICATE_MAX];
	struct certificate root;
	struct voucher_order v;
	struct span name = any_public_ca(&root);

	(void)state;
	pin_of(&v, by_name(PROFILE_DOMAIN_CA, name));
	refused(&v, REASON_SIGNER_PIN, "serial");
	/* Its key alone says nothing of who certified it. */
	v.pin_kind = PIN_PUBK;
	sha256(world.pinned.spki, v.domain_id);
	v.domain_id_len = HASH_SIZE;
	assert_int_equal(order_voucher(&v), REASON_OK);
	pin_of(&v, by_name(PROFILE_REGISTRAR, name));
	assert_int_equal(order_voucher(&v), REASON_OK);
	pin_of(&v, by_name(PROFILE_DOMAIN_CA, world.pinned.subject));
	assert_int_equal(order_voucher(&v), REASON_OK);
	assert_int_equal(
	    world_shell("openssl req -x509 -newkey ec -pkeyopt "
			"ec_paramgen_curve:P-256 -nodes -keyout %s/policy.key "
			"-subj /CN=Sub -days 3650 -addext "
			"certificatePolicies=2.23.140.1.2.1 -out %s/policy.pem "
			"2>/dev/null"),
	    0);
	pin_of(&v, der_of("policy.pem", room));
	refused(&v, REASON_SIGNER_PIN, "serial");
}

/* Every member of a voucher's record, and of the voucher, is the order's. */
static void
all_on_record(void **state)
{
	static uint8_t arena[65536];
	struct voucher_order o = world_voucher();
	const struct record_voucher *r = &world.reply.record.voucher;
	uint8_t hash[HASH_SIZE];
	struct voucher v;
	struct cms cms;

	(void)state;
	o.name_issuer = o.emit_id_data = true;
	o.assertion = ASSERTION_LOGGED;
	strcpy(o.est_domain, "https://est.example");
	strcpy(o.configuration_url, "https://more.example/x");
	o.proprietary = span_str("abc");
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_memory_equal(
	    world.reply.record.request_sha256, o.request_sha256, HASH_SIZE);
	assert_string_equal(r->key, VOUCHER_KEY);
	assert_string_equal(r->serial, o.device.serial);
	assert_string_equal(r->product, "router-9");
	assert_memory_equal(&r->issuer, &o.device.issuer, sizeof(r->issuer));
	assert_int_equal(r->assertion, ASSERTION_LOGGED);
	assert_int_equal(r->expires_on, 0);
	assert_true(r->name_issuer && r->emit_id_data);
	assert_int_equal(r->format, FORMAT_CMS_JSON);
	sha256(o.pin, hash);
	assert_memory_equal(r->pin_sha256, hash, HASH_SIZE);
	sha256(world.pinned.spki, hash);
	assert_memory_equal(r->pin_spki_sha256, hash, HASH_SIZE);
	assert_int_equal(r->domain_id_len, o.domain_id_len);
	assert_memory_equal(r->domain_id, o.domain_id, o.domain_id_len);
	sha256(span_str(o.est_domain), hash);
	assert_int_equal(r->est_domain_sha256_len, HASH_SIZE);
	assert_memory_equal(r->est_domain_sha256, hash, HASH_SIZE);
	assert_int_equal(
	    cms_read(span_of(world.reply.artifact, world.reply.artifact_len),
		&cms, NULL),
	    REASON_OK);
	assert_int_equal(
	    voucher_from_json(cms.content, arena, sizeof(arena), &v, NULL),
	    REASON_OK);
	assert_string_equal(v.est_domain, o.est_domain);
	assert_string_equal(v.configuration_url, o.configuration_url);
	assert_true(span_is(v.proprietary, "abc"));
	assert_int_equal(v.assertion, ASSERTION_LOGGED);
	assert_string_equal(v.serial, o.device.serial);
	o = world_voucher();
	o.request_sha256[0]++;
	o.nonce[0] = '\0';
	o.expires_on = world.now + 1000;
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_int_equal(r->expires_on, o.expires_on);
	assert_int_equal(r->est_domain_sha256_len, 0);
	assert_false(r->name_issuer || r->emit_id_data);
}

/* What is given a second time is announced once. */
static void
announced_once(void **state)
{
	struct voucher_order o = world_voucher();
	struct why why;
	uint64_t before;

	(void)state;
	assert_int_equal(order_voucher(&o), REASON_OK);
	memset(&world.reply, 0, sizeof(world.reply));
	assert_int_equal(signer_flush(&world.signer, &why), REASON_OK);
	before = head();
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_true(world.reply.again);
	memset(&world.reply, 0, sizeof(world.reply));
	assert_int_equal(signer_flush(&world.signer, &why), REASON_OK);
	assert_int_equal(head(), before);
}

/* Serial, product and key come from the order, the rest from CA and clock. */
static void
certificate_says(void **state)
{
	const struct certificate *ca =
	    &keyring_find(&world.signer.keyring, CA_KEY)->certificate;
	struct idevid_order i = world_idevid(1);
	const struct device *d = &world.reply.device;
	uint8_t hash[HASH_SIZE], serial[20];
	struct certificate c;
	struct why why;

	(void)state;
	assert_int_equal(order_idevid(&i), REASON_OK);
	assert_int_equal(certificate_read(span_of(world.reply.artifact,
					      world.reply.artifact_len),
			     &c, &why),
	    REASON_OK);
	assert_int_equal(c.not_before, world.reply.record.idevid.not_before);
	assert_in_range(c.not_before, world.now, world.now + 600);
	assert_int_equal(c.not_after, INT64_C(253402300799));
	assert_true(span_eq(c.issuer, ca->subject));
	assert_int_equal(c.serial.len, 16);
	memcpy(serial, c.serial.ptr, 16);
	assert_memory_equal(world.reply.record.idevid.serial, c.serial.ptr, 16);
	assert_int_equal(world.reply.record.idevid.counter, 1);
	assert_string_equal(world.reply.record.idevid.key, CA_KEY);
	assert_memory_equal(
	    world.reply.record.request_sha256, i.request_sha256, HASH_SIZE);
	assert_memory_equal(&world.reply.record.idevid.device.issuer,
	    &d->issuer, sizeof(d->issuer));
	assert_string_equal(d->serial, i.serial);
	assert_string_equal(d->product, "router-9");
	assert_int_equal(d->key_slot, 2);
	assert_int_equal(d->state, DEVICE_ACTIVE);
	sha256(i.spki, hash);
	assert_memory_equal(d->spki_sha256, hash, HASH_SIZE);
	sha256(ca->subject, hash);
	assert_memory_equal(d->issuer_name_sha256, hash, HASH_SIZE);
	/* The next one has a serial of its own. */
	i = world_idevid(2);
	assert_int_equal(order_idevid(&i), REASON_OK);
	assert_int_equal(certificate_read(span_of(world.reply.artifact,
					      world.reply.artifact_len),
			     &c, &why),
	    REASON_OK);
	assert_memory_not_equal(c.serial.ptr, serial, 16);
	assert_true(span_is(c.subject_serial, "AR9-F1-0002"));
}

static enum reason
says(const struct idevid_order *i, const char *text)
{
	enum reason r = order_idevid(i);

	if (strstr(world.reply.text, text) == NULL)
		fail_msg("%s, not %s", world.reply.text, text);
	return r;
}

/* No product that could not be; no IDevID for no key. */
static void
product_of_an_order(void **state)
{
	const struct idevid_order good = world_idevid(1);
	struct idevid_order i = good;

	(void)state;
	i.counter_width = 3;
	assert_int_equal(says(&i, "product: "), REASON_SIGNER_FACTS);
	i = good;
	i.token[0] = '\0';
	assert_int_equal(says(&i, "product: "), REASON_SIGNER_FACTS);
	i = good;
	i.masa_url[0] = '\0';
	assert_int_equal(says(&i, "product: masa-url"), REASON_SIGNER_FACTS);
	i = good;
	strcpy(i.masa_url, "masa example.com");
	assert_int_equal(says(&i, "product: masa-url"), REASON_SIGNER_FACTS);
	i = good;
	i.spki = span_of(NULL, 0);
	assert_int_equal(says(&i, "spki of 0 octets"), REASON_SIGNER_FACTS);
	i = good;
	i.check_character = true;
	assert_int_equal(says(&i, "is not this serial"), REASON_SERIAL_SLOT);
	i = good;
	strcpy(i.key, "nobody");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_KEY);
}

/* What was accepted of the clock is on record with both moments; and nothing
 * but that act lets it go on. */
static void
clock_on_record(void **state)
{
	struct voucher_order o = world_voucher();
	const struct record *r = &world.reply.record;

	(void)state;
	clock_set_test(world.now - 1000);
	assert_int_equal(order_voucher(&o), REASON_CLOCK_STEP);
	assert_int_equal(order_act("clock", "confirm"), REASON_OK);
	assert_int_equal(r->kind, RECORD_ACT);
	assert_int_equal(order_voucher(&o), REASON_CLOCK_STEP);
	assert_int_equal(order_act(ACT_CLOCK_CONFIRM, ""), REASON_OK);
	assert_int_equal(r->kind, RECORD_CLOCK);
	assert_in_range(r->clock.from, world.now, world.now + 600);
	assert_in_range(r->clock.to, world.now - 1000, world.now - 400);
	assert_int_equal(order_voucher(&o), REASON_OK);
}

/* A frame of another message, or of none, is no order. */
static void
frames(void **state)
{
	static uint8_t room[FRAME_MAX];
	struct voucher_order v = world_voucher();
	struct cbor_out out;
	struct order *o;
	enum pin_kind k;

	(void)state;
	for (k = PIN_CERTIFICATE; k <= PIN_EITHER_SHA256; k++) {
		v.pin_kind = k;
		cbor_out_open(&out, room, sizeof(room));
		message_voucher_order_put(&out, &v);
		o = order_read(
		    MESSAGE_SIGN_VOUCHER, 7, span_of(out.buf, out.len));
		assert_true((o != NULL) == (k <= PIN_PUBK_SHA256));
		if (o == NULL)
			continue;
		assert_int_equal(o->id, 7);
		assert_int_equal(o->voucher.pin_kind, k);
		order_free(o);
		assert_null(order_read(
		    MESSAGE_SIGN_IDEVID, 7, span_of(out.buf, out.len)));
		assert_null(
		    order_read(MESSAGE_SIGNED, 7, span_of(out.buf, out.len)));
		assert_null(order_read(
		    MESSAGE_SIGN_VOUCHER, 7, span_of(out.buf, out.len - 1)));
	}
}

#define ROOT(extension)                                                  \
	"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 " \
	"-nodes -keyout r.key -subj /CN=R -days 9 -addext " extension    \
	" -out r.pem"
#define SIGNED(request, by, out)                                      \
	"openssl x509 -req -in " request " -CA " by ".pem -CAkey " by \
	".key -days 9 -extfile ca.ext -out " out ".pem"

#define BELOW                                                       \
	" && openssl req -new -newkey ec -pkeyopt "                 \
	"ec_paramgen_curve:P-256 -nodes -keyout m.key -subj /CN=R " \
	"-out m.csr && " SIGNED("m.csr", "r", "m")

/* Above an issuing CA may stand what may issue one, by openssl's hand (RFC 5280
 * 6.1.4): else every device would have a path that nobody accepts. */
static void
chain_of_issuers(void **state)
{
	static const struct {
		const char *make, *says;
		unsigned len;
	} chains[] = {
		{ ROOT("basicConstraints=critical,CA:TRUE,pathlen:0"),
		    "path length", 2 },
		{ ROOT("keyUsage=critical,cRLSign"), "keyCertSign", 2 },
		{ ROOT("keyUsage=critical,keyCertSign") BELOW, "self-issued",
		    3 },
		/* All that is above it may: its own name is another matter. */
		{ ROOT("keyUsage=critical,keyCertSign"), "its CN is not", 2 },
	};
	static uint8_t room[3][CERTIFICATE_MAX];
	struct key_order k = { .purpose = PURPOSE_IDEVID_CA,
		.name = "G1-1",
		.slot = "G1",
		.policy = { .kinds = SIGNED_IDEVID, .limit = 3 } };
	struct key_certificate c = { .name = "G1-1" };
	char command[900];
	unsigned i;

	(void)state;
	k.policy.last_day =
	    ledger_key_of(&world.signer, CA_KEY)->order.policy.last_day;
	assert_int_equal(order_key(&k), REASON_OK);
	world_write(
	    "g.csr", span_of(world.reply.artifact, world.reply.artifact_len));
	world_write("ca.ext",
	    span_str("basicConstraints=critical,CA:TRUE,pathlen:0\n"
		     "keyUsage=critical,keyCertSign\n"
		     "subjectKeyIdentifier=hash\n"));
	for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		snprintf(command, sizeof(command),
		    "cd %%s && exec 2>openssl.log && %s && %s", chains[i].make,
		    chains[i].len == 3 ? SIGNED("g.csr -inform DER", "m", "g")
				       : SIGNED("g.csr -inform DER", "r", "g"));
		assert_int_equal(world_shell(command), 0);
		c.chain_len = chains[i].len;
		c.chain[0] = der_of("g.pem", room[0]);
		c.chain[1] =
		    der_of(c.chain_len == 3 ? "m.pem" : "r.pem", room[1]);
		c.chain[2] = der_of("r.pem", room[2]);
		assert_int_equal(order_certificate(&c), REASON_CA_MISMATCH);
		assert_non_null(strstr(world.reply.text, chains[i].says));
	}
}

/* A key of which a file is damaged costs what that key would sign, until the file
 * is back. */
static void
damaged_key(void **state)
{
	static const char *const ways[] = {
		"cd %s/signer/keys && rm F1-1.key",
		"cd %s/signer/keys && : >F1-1.key",
		"cd %s/signer/keys && head -c 200 kept.key >F1-1.key",
		"cd %s/signer/keys && sed 5s/[a-z]/A/ kept.key >F1-1.key",
		"cd %s/signer/keys && rm F1-1.key && mkdir F1-1.key",
		"cd %s/signer/keys && rm F1-1.pem",
		"cd %s/signer/keys && : >F1-1.pem",
		"cd %s/signer/keys && sed 5s/[a-z]/A/ kept.pem >F1-1.pem",
		"cd %s/signer/keys && cp voucher-1.pem F1-1.pem",
		"cd %s/signer/wrapping && echo 00 >F1-1.key",
	};
	struct idevid_order i = world_idevid(1);
	struct voucher_order v = world_voucher();
	struct why why;
	unsigned w;

	(void)state;
	assert_int_equal(world_shell("cd %s/signer/keys && cp F1-1.pem "
				     "kept.pem && cp F1-1.key kept.key"),
	    0);
	for (w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		world_close();
		assert_int_equal(world_shell(ways[w]), 0);
		assert_int_equal(world_open(&why), REASON_OK);
		assert_int_equal(order_idevid(&i), REASON_KEY_OUT_OF_REACH);
		if (w == 0)
			assert_int_equal(order_voucher(&v), REASON_OK);
		assert_non_null(
		    keyring_find(&world.signer.keyring, VOUCHER_KEY));
		if (w + 1 == sizeof(ways) / sizeof(ways[0]))
			return;
		world_close();
		assert_int_equal(
		    world_shell("cd %s/signer/keys && rm -rf F1-1.key && "
				"cp kept.pem F1-1.pem && cp kept.key F1-1.key"),
		    0);
		assert_int_equal(world_open(&why), REASON_OK);
	}
}

/* It only serves a warning, and a full disk must not keep a signer down
 * (doc/decisions/048). */
static void
place_not_written(void **state)
{
	struct voucher_order v = world_voucher();
	struct why why;

	(void)state;
	world_close();
	assert_int_equal(world_shell("cd %s/signer/journal && rm -f place && "
				     "mkdir place"),
	    0);
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(order_voucher(&v), REASON_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nonces),
		CASE(expires),
		CASE(issuer_of_another_kind),
		CASE(below_public_cas),
		CASE(all_on_record),
		CASE(announced_once),
		CASE(certificate_says),
		CASE(product_of_an_order),
		CASE(clock_on_record),
		CASE(frames),
		CASE(chain_of_issuers),
		CASE(damaged_key),
		CASE(place_not_written),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
