/* What the signer does for an honest authority; openssl is the judge. */
#include <cbor.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "world.h"
#include "envelope/envelope.h"
#include "model/voucher.h"

static uint64_t
head(void)
{
	return journal_ledger(world.signer.journal)->sequence;
}

/* The voucher of the last answer, as its reader sees it. */
static struct voucher
read_voucher(struct cms *cms)
{
	static uint8_t arena[65536];
	struct voucher v;
	struct why why;

	assert_int_equal(
	    cms_read(span_of(world.reply.artifact, world.reply.artifact_len),
		cms, &why),
	    REASON_OK);
	assert_int_equal(
	    voucher_from_json(cms->content, arena, sizeof(arena), &v, &why),
	    REASON_OK);
	return v;
}

static void
voucher(void **state)
{
	struct voucher_order o = world_voucher();
	uint64_t before = head();
	struct record r;
	struct voucher v;
	struct cms cms;
	char command[400];

	(void)state;
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_int_equal(world.reply.sequence, before + 1);
	assert_int_equal(world.reply.records, 1);
	assert_false(world.reply.again);
	r = world.reply.record;
	assert_int_equal(r.kind, RECORD_VOUCHER);
	assert_int_equal(r.sequence, before + 1);
	assert_string_equal(r.voucher.nonce, o.nonce);
	world_write(
	    "voucher", span_of(world.reply.artifact, world.reply.artifact_len));
	snprintf(command, sizeof(command),
	    "openssl cms -verify -inform DER "
	    "-in %%s/voucher -purpose any -attime %lld -CAfile "
	    "%%s/anchors/voucher-root.pem -out %%s/json 2>/dev/null",
	    (long long)world.now);
	assert_int_equal(world_shell(command), 0);
	v = read_voucher(&cms);
	assert_int_equal(v.created_on, r.voucher.created_on);
	assert_int_equal(cms.signing_time, r.voucher.created_on);
	assert_int_equal(v.expires_on, 0);
	assert_true(v.has_revocation_checks);
	assert_false(v.revocation_checks);
	assert_null(v.idevid_issuer.ptr);
	assert_true(span_eq(v.pinned_domain_cert, o.pin));
	assert_string_equal(v.nonce, o.nonce);
	/* The whole chain, with its root (RFC 8366 5.4). */
	assert_int_equal(cms.certificates_len, 2);
	assert_int_equal(cms.content_type, CMS_ANIMA_JSON);
}

/* What was recorded before the signature is what is signed: the attributes as
 * a SET. */
static void
recorded_bytes(void **state)
{
	struct voucher_order o = world_voucher();
	uint8_t set[512], hash[HASH_SIZE];
	struct cms cms;

	(void)state;
	o.emit_id_data = true;
	o.name_issuer = true;
	assert_int_equal(order_voucher(&o), REASON_OK);
	(void)read_voucher(&cms);
	assert_int_equal(cms.content_type, CMS_ID_DATA);
	assert_true(cms.signed_attributes.len < 256);
	set[0] = 0x31;
	set[1] = 0x81;
	set[2] = (uint8_t)cms.signed_attributes.len;
	memcpy(set + 3, cms.signed_attributes.ptr, cms.signed_attributes.len);
	if (cms.signed_attributes.len < 128) {
		memmove(set + 1, set + 2, cms.signed_attributes.len + 1);
		sha256(span_of(set, cms.signed_attributes.len + 2), hash);
	} else {
		sha256(span_of(set, cms.signed_attributes.len + 3), hash);
	}
	assert_memory_equal(hash, world.reply.record.tbs_sha256, HASH_SIZE);
}

/* A voucher of the last answer in JWS or COSE: what it says, and that what was
 * recorded is what its signature covers. */
static struct voucher
read_object(enum artifact_format format)
{
	static uint8_t arena[ENVELOPE_ARENA(32768)], leaves[32768];
	const struct record_voucher *r = &world.reply.record.voucher;
	const struct certificate *signer;
	struct envelope e;
	struct voucher v;
	uint8_t hash[HASH_SIZE];

	assert_int_equal(
	    envelope_read(format,
		span_of(world.reply.artifact, world.reply.artifact_len), arena,
		sizeof(arena), &e, NULL),
	    REASON_OK);
	assert_int_equal(envelope_verify(&e, &signer, NULL), REASON_OK);
	assert_ptr_equal(signer, &e.certificates[0]);
	assert_int_equal(e.certificates_len, 2); /* with the root */
	assert_int_equal(format == FORMAT_COSE_CBOR
		? voucher_from_cbor(e.content, false, &v, NULL)
		: voucher_from_json(
		      e.content, leaves, sizeof(leaves), &v, NULL),
	    REASON_OK);
	assert_int_equal(r->format, format);
	assert_int_equal(r->created_on, v.created_on);
	assert_string_equal(r->nonce, v.nonce);
	sha256(e.object.covered, hash);
	assert_memory_equal(hash, world.reply.record.tbs_sha256, HASH_SIZE);
	return v;
}

static void
other_formats(void **state)
{
	static const enum artifact_format formats[] = { FORMAT_JWS_JSON,
		FORMAT_COSE_CBOR };
	struct voucher_order o = world_voucher();
	struct voucher v;
	uint64_t sequence;
	size_t i;

	(void)state;
	strcpy(o.nonce, "AAECAwQFBgcICQoLDA0ODw==");
	for (i = 0; i < 2; i++) {
		o.format = formats[i];
		assert_int_equal(order_voucher(&o), REASON_OK);
		assert_int_equal(world.reply.records, 1);
		v = read_object(formats[i]);
		assert_true(span_eq(v.pinned_domain_cert, o.pin));
		assert_string_equal(v.nonce, o.nonce);
		assert_string_equal(v.serial, o.device.serial);
		/* Rendered again, and counted once. */
		sequence = world.reply.sequence;
		clock_set_test(world.now + 30 * (int64_t)(i + 1));
		assert_int_equal(order_voucher(&o), REASON_OK);
		assert_true(world.reply.again);
		assert_int_equal(world.reply.sequence, sequence);
	}
}

/* MP 11, MP 14.3: what is pinned of a key alone, and what the record says. */
static void
raw_keys(void **state)
{
	struct voucher_order o = world_voucher();
	uint8_t hash[HASH_SIZE];
	struct voucher v;

	(void)state;
	sha256(world.pinned.spki, hash);
	memcpy(o.domain_id, hash, HASH_SIZE);
	o.domain_id_len = HASH_SIZE;
	o.format = FORMAT_JWS_JSON;
	o.pin_kind = PIN_PUBK;
	assert_int_equal(order_voucher(&o), REASON_OK);
	v = read_object(FORMAT_JWS_JSON);
	assert_true(span_eq(v.pinned_domain_pubk, world.pinned.spki));
	assert_null(v.pinned_domain_cert.ptr);
	assert_memory_equal(
	    world.reply.record.voucher.domain_id, hash, HASH_SIZE);
	assert_memory_equal(
	    world.reply.record.voucher.pin_sha256, hash, HASH_SIZE);
	o.pin_kind = PIN_PUBK_SHA256;
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_false(world.reply.again);
	v = read_object(FORMAT_JWS_JSON);
	assert_true(
	    span_eq(v.pinned_domain_pubk_sha256, span_of(hash, HASH_SIZE)));
	assert_null(v.pinned_domain_pubk.ptr);
}

/* Form A of MP 6.3, only when it is asked for. */
static void
names_issuer(void **state)
{
	static const uint8_t head_[] = { 0x04, 0x18, 0x30, 0x16, 0x80, 0x14 };
	struct voucher_order o = world_voucher();
	struct voucher v;
	struct cms cms;

	(void)state;
	o.name_issuer = true;
	assert_int_equal(order_voucher(&o), REASON_OK);
	v = read_voucher(&cms);
	assert_int_equal(v.idevid_issuer.len, 26);
	assert_memory_equal(v.idevid_issuer.ptr, head_, sizeof(head_));
	assert_memory_equal(v.idevid_issuer.ptr + 6, o.device.issuer.bytes, 20);
}

static void
nonceless(void **state)
{
	struct voucher_order o = world_voucher();
	struct voucher v;
	struct cms cms;

	(void)state;
	o.nonce[0] = '\0';
	o.expires_on = world.now + 1200;
	assert_int_equal(order_voucher(&o), REASON_OK);
	v = read_voucher(&cms);
	assert_int_equal(v.expires_on, world.now + 1200);
	assert_string_equal(v.nonce, "");
}

/* Architecture 3: the identical request within 60 s. */
static void
again(void **state)
{
	struct voucher_order o = world_voucher();
	uint64_t first;
	struct voucher v;
	struct cms cms;
	int64_t created;
	struct why why;

	(void)state;
	assert_int_equal(order_voucher(&o), REASON_OK);
	first = world.reply.sequence;
	v = read_voucher(&cms);
	created = v.created_on;
	clock_set_test(world.now + 40);
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_true(world.reply.again);
	assert_int_equal(world.reply.sequence, first);
	v = read_voucher(&cms);
	assert_int_equal(v.created_on, created);
	assert_int_equal(cms.signing_time, created);
	assert_int_equal(
	    journal_ledger(world.signer.journal)->keys[1].count.issued, 1);
	/* Also after a restart, which tells of each key that it opened. */
	world_close();
	world.opened = 0;
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(
	    world.opened, journal_ledger(world.signer.journal)->keys_len);
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_true(world.reply.again);
	/* A request that says something else is another one. */
	o.assertion = ASSERTION_LOGGED;
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_false(world.reply.again);
	/* After a minute it is a second voucher. */
	clock_set_test(world.now + 120);
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_false(world.reply.again);
	assert_int_not_equal(world.reply.sequence, first);
}

/* Voucher keys and the tag key share a salt, an issuing CA has a passphrase of its
 * own. Nothing that was derived stays. */
static void
few_derivations(void **state)
{
	struct key_order more[2] = { { .purpose = PURPOSE_VOUCHER,
					 .name = "voucher-2",
					 .policy = { .kinds = SIGNED_NONCED } },
		{ .purpose = PURPOSE_VOUCHER,
		    .name = "voucher-3",
		    .policy = { .kinds = SIGNED_NONCED } } };
	struct why why;

	(void)state;
	world.scrypts = 0;
	assert_int_equal(order_key(&more[0]), REASON_OK);
	assert_null(world.signer.vault.derived.ptr);
	assert_int_equal(order_key(&more[1]), REASON_OK);
	assert_int_equal(world.scrypts, 2);
	world_close();
	world.scrypts = 0;
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(world.signer.keyring.len, 4);
	assert_int_equal(world.scrypts, 1 + 1);
	assert_null(world.signer.vault.derived.ptr);
}

/* Two keys would sign the same bytes: what one was counted for is no record of
 * the other's signature (law 3). */
static void
again_other_key(void **state)
{
	struct voucher_order o = world_voucher();
	struct ledger_key *keys;

	(void)state;
	assert_true(world_voucher_key("voucher-2", NULL));
	assert_int_equal(order_voucher(&o), REASON_OK);
	strcpy(o.key, "voucher-2");
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_false(world.reply.again);
	assert_int_equal(world.reply.records, 2); /* and that of "signed" */
	assert_string_equal(world.reply.record.voucher.key, "voucher-2");
	keys = journal_ledger(world.signer.journal)->keys;
	assert_int_equal(keys[1].count.issued, 1);
	assert_int_equal(keys[2].count.issued, 1);
}

/* One group: one answer each, the identical one rendered from the first. */
static void
group(void **state)
{
	struct voucher_order o = world_voucher(), other = o;
	uint64_t before = head();

	(void)state;
	other.request_sha256[0] ^= 1;
	queue_voucher(1, &o);
	queue_voucher(2, &o);
	queue_voucher(3, &other);
	world_group();
	assert_int_equal(world.reply.count, 3);
	assert_int_equal(world.reply.id, 3);
	assert_int_equal(world.reply.records, 2);
	assert_int_equal(head(), before + 2);
}

/* More orders than are signed at once, some of them refused: the last answer is
 * of the last order and holds, wherever the boundary falls. */
static void
large_groups(void **state)
{
	const struct certificate *signer;
	struct key_policy any = world_policy(VOUCHER_KEY);
	uint64_t i, n, before;
	struct cms cms;

	(void)state;
	any.limit = 0;
	assert_int_equal(order_policy(VOUCHER_KEY, &any), REASON_OK);
	for (n = SIGNATURES_MAX - 1; n <= 2 * SIGNATURES_MAX + 1; n++) {
		before = head();
		for (i = 1; i <= n; i++) {
			struct voucher_order o = world_voucher();

			o.request_sha256[0] ^= (uint8_t)i;
			o.request_sha256[1] ^= (uint8_t)n;
			snprintf(o.nonce, sizeof(o.nonce), "nonce of %02u",
			    (unsigned)i);
			if (i % 8 == 5)
				o.device.tag[0] ^= 1;
			queue_voucher(i, &o);
		}
		world_group();
		assert_int_equal(world.reply.count, n);
		assert_int_equal(world.reply.id, n);
		assert_true(head() >= before + n - (n + 3) / 8);
		if (n % 8 == 5)
			continue; /* refused itself */
		(void)read_voucher(&cms);
		assert_int_equal(cms_verify(&cms, &signer, NULL), REASON_OK);
	}
}

/* Law 3: no signature without a record that is on the disk, whatever is signed. */
static void
synced_first(void **state)
{
	struct order *o[3];
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		o[i] = calloc(1, sizeof(*o[i]));
	o[0]->type = MESSAGE_SIGN_VOUCHER;
	o[0]->voucher = world_voucher();
	o[1]->type = MESSAGE_SIGN_IDEVID;
	o[1]->idevid = world_idevid(7);
	o[2]->type = MESSAGE_KEY_CREATE;
	o[2]->key = (struct key_order){ .purpose = PURPOSE_VOUCHER,
		.name = "voucher-2",
		.policy = { .kinds = SIGNED_NONCED } };
	for (i = 0; i < 3; i++)
		signer_order(&world.signer, o[i]);
	memset(&world.reply, 0, sizeof(world.reply));
	world.signatures = 0;
	world.sync_fails = true;
	assert_int_equal(
	    signer_group(&world.signer, &why), REASON_JOURNAL_WRITE);
	world.sync_fails = false;
	for (i = 0; i < 3; i++)
		assert_int_equal(o[i]->reason, REASON_OK);
	assert_int_equal(world.signatures, 0);
	assert_int_equal(world.reply.count, 0);
}

/* The signature is announced in the next group, by the artifact's hash. */
static void
signed_follows(void **state)
{
	struct voucher_order o = world_voucher();
	uint8_t hash[HASH_SIZE];
	struct why why;

	(void)state;
	assert_int_equal(order_voucher(&o), REASON_OK);
	sha256(span_of(world.reply.artifact, world.reply.artifact_len), hash);
	o.request_sha256[0]++;
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_int_equal(world.reply.records, 2);
	memset(&world.reply, 0, sizeof(world.reply));
	assert_int_equal(signer_flush(&world.signer, &why), REASON_OK);
	assert_int_equal(world.reply.records, 1);
	assert_int_equal(world.reply.record.kind, RECORD_SIGNED);
	assert_int_equal(world.reply.record.signed_.of, head() - 1);
	memset(&world.reply, 0, sizeof(world.reply));
	assert_int_equal(signer_flush(&world.signer, &why), REASON_OK);
	assert_int_equal(world.reply.records, 0);
}

static void
idevid(void **state)
{
	struct idevid_order o = world_idevid(7);
	struct voucher_order v = world_voucher();
	struct certificate c;
	uint8_t hash[HASH_SIZE];
	struct why why;

	(void)state;
	o.key_slot = 0;
	assert_int_equal(order_idevid(&o), REASON_OK);
	assert_int_equal(world.reply.record.kind, RECORD_IDEVID);
	assert_int_equal(certificate_read(span_of(world.reply.artifact,
					      world.reply.artifact_len),
			     &c, &why),
	    REASON_OK);
	assert_true(span_is(c.subject_serial, "AR9-F1-0007"));
	assert_true(span_eq(c.spki, o.spki));
	sha256(c.tbs, hash);
	assert_memory_equal(hash, world.reply.record.tbs_sha256, HASH_SIZE);
	sha256(c.der, hash);
	assert_memory_equal(
	    hash, world.reply.device.certificate_sha256, HASH_SIZE);
	assert_int_equal(world.reply.device.origin, ORIGIN_ISSUED);
	assert_true(span_eq(c.authority_key_id,
	    span_of(world.reply.device.issuer.bytes,
		world.reply.device.issuer.len)));
	world_write("idevid.der", c.der);
	assert_int_equal(world_shell("openssl x509 -inform DER -in "
				     "%s/idevid.der -out %s/idevid.pem && "
				     "openssl verify -x509_strict "
				     "-attime 1780000100 -CAfile "
				     "%s/anchors/idevid-root.pem -untrusted "
				     "%s/signer/keys/" CA_KEY
				     ".pem %s/idevid.pem >/dev/null"),
	    0);
	/* Its tag is the one that a voucher needs. */
	v.device = world.reply.device;
	assert_int_equal(order_voucher(&v), REASON_OK);
}

static void
idevid_again(void **state)
{
	struct idevid_order o = world_idevid(8);
	struct certificate a, b;
	uint8_t first[CERTIFICATE_MAX];
	size_t len;
	struct why why;

	(void)state;
	assert_int_equal(order_idevid(&o), REASON_OK);
	len = world.reply.artifact_len;
	memcpy(first, world.reply.artifact, len);
	clock_set_test(world.now + 30);
	assert_int_equal(order_idevid(&o), REASON_OK);
	assert_true(world.reply.again);
	assert_int_equal(
	    certificate_read(span_of(first, len), &a, &why), REASON_OK);
	assert_int_equal(certificate_read(span_of(world.reply.artifact,
					      world.reply.artifact_len),
			     &b, &why),
	    REASON_OK);
	assert_true(span_eq(a.tbs, b.tbs));
	/* The certificate names no slot, but the tag does: none without a
	 * record that says so (law 2). */
	o.key_slot = 7;
	assert_int_equal(order_idevid(&o), REASON_SERIAL_USED);
	o.key_slot = 2;
	strcpy(o.product, "camera");
	assert_int_equal(order_profile(&o), REASON_OK);
	assert_int_equal(order_idevid(&o), REASON_SERIAL_USED);
	strcpy(o.product, "router-9");
	clock_set_test(world.now + 100);
	assert_int_equal(order_idevid(&o), REASON_SERIAL_USED);
}

static void
import(void **state)
{
	struct device d = world_device(), other;
	uint8_t tag[HASH_SIZE];

	(void)state;
	memcpy(tag, d.tag, HASH_SIZE);
	memset(d.tag, 0, HASH_SIZE);
	assert_int_equal(order_device(&d), REASON_OK);
	assert_memory_equal(world.reply.device.tag, tag, HASH_SIZE);
	assert_int_equal(world.reply.record.kind, RECORD_DEVICE);
	other = d;
	other.key_slot++;
	assert_int_equal(order_device(&other), REASON_OK);
	assert_memory_not_equal(world.reply.device.tag, tag, HASH_SIZE);
	d.serial[0] = '\0';
	assert_int_equal(order_device(&d), REASON_SIGNER_FACTS);
}

/* The tag by another encoder and another HMAC. */
static void
tag(void **state)
{
	struct device d = world_device();
	cbor_item_t *list = cbor_new_definite_array(7);
	uint8_t *bytes = NULL, mac[EVP_MAX_MD_SIZE];
	unsigned mac_len;
	size_t len, room;

	(void)state;
	d.key_slot = 2;
	device_tag(&world.signer.tag_key, &d, d.tag);
	(void)cbor_array_push(
	    list, cbor_move(cbor_build_string("hallmark-device-tag-1")));
	(void)cbor_array_push(list, cbor_move(cbor_build_string(d.serial)));
	(void)cbor_array_push(list, cbor_move(cbor_build_uint8(1)));
	(void)cbor_array_push(list,
	    cbor_move(cbor_build_bytestring(d.issuer.bytes, d.issuer.len)));
	(void)cbor_array_push(list, cbor_move(cbor_build_string(d.product)));
	(void)cbor_array_push(
	    list, cbor_move(cbor_build_bytestring(d.spki_sha256, HASH_SIZE)));
	(void)cbor_array_push(list, cbor_move(cbor_build_uint8(2)));
	len = cbor_serialize_alloc(list, &bytes, &room);
	assert_non_null(HMAC(EVP_sha256(), world.signer.tag_key.ptr, HASH_SIZE,
	    bytes, len, mac, &mac_len));
	assert_memory_equal(mac, d.tag, HASH_SIZE);
	free(bytes);
	cbor_decref(&list);
}

/* A certificate's dates, of both kinds of keys; and a key that is not there any
 * more, whatever the journal says. */
static void
certificate_dates(void **state)
{
	struct held_key *h = keyring_find(&world.signer.keyring, VOUCHER_KEY);
	struct held_key *ca = keyring_find(&world.signer.keyring, CA_KEY);
	struct voucher_order v = world_voucher();
	struct idevid_order i = world_idevid(1);
	const int64_t begins = h->certificate.not_before;
	const int64_t ends = h->certificate.not_after;

	(void)state;
	h->certificate.not_after = world.now - 1;
	assert_int_equal(order_voucher(&v), REASON_KEY_EXPIRED);
	h->certificate.not_after = ends;
	h->certificate.not_before = world.now + 1000;
	assert_int_equal(order_voucher(&v), REASON_SIGNER_DATE);
	h->certificate.not_before = begins;
	assert_int_equal(order_voucher(&v), REASON_OK);
	h->certificate.not_after = world.now - 1;
	assert_int_equal(order_voucher(&v), REASON_KEY_EXPIRED); /* nor again */
	ca->certificate.not_after = world.now - 1;
	assert_int_equal(order_idevid(&i), REASON_KEY_EXPIRED);
	memcpy(h->name, "elsewhere", 10);
	assert_int_equal(order_voucher(&v), REASON_KEY_OUT_OF_REACH);
	memcpy(h->name, VOUCHER_KEY, sizeof(VOUCHER_KEY));
}

/* The signer stops, and a new one goes on in its place. */
static void
succeed(void)
{
	char path[PATH_MAX];
	struct journal *j;
	struct why why;

	memcpy(path, world.signer.journal_path, sizeof(path));
	world_close();
	assert_int_equal(journal_open(path, &j, NULL, NULL, &why), REASON_OK);
	assert_int_equal(
	    journal_succeed(j, path, 0, 1000, world.now, &why), REASON_OK);
	journal_close(j);
	assert_int_equal(world_open(&why), REASON_OK);
}

static const char *
first_path(void)
{
	static char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s.1", world.signer.journal_path);
	return path;
}

static enum reason
compare_heads(const struct message_head *head, struct sync_place *at)
{
	struct why why;

	return sync_compare(&world.signer, head, at, &why);
}

static void
heads(void **state)
{
	const struct ledger *l = journal_ledger(world.signer.journal);
	struct message_head h = { .empty = true };
	struct sync_place at;
	struct why why;

	(void)state;
	assert_int_equal(sync_compare(&world.signer, &h, &at, &why), REASON_OK);
	assert_int_equal(at.next, 1);
	h.empty = false;
	memcpy(h.signer, l->signer, sizeof(h.signer));
	memcpy(h.sha256, l->head, HASH_SIZE);
	h.sequence = l->sequence;
	assert_int_equal(sync_compare(&world.signer, &h, &at, &why), REASON_OK);
	assert_int_equal(at.next, l->sequence + 1);
	h.sequence++;
	assert_int_equal(
	    sync_compare(&world.signer, &h, &at, &why), REASON_JOURNAL_BEHIND);
	h.sequence = l->sequence - 2;
	assert_int_equal(
	    sync_compare(&world.signer, &h, &at, &why), REASON_JOURNAL_FORK);
	h.sequence = l->sequence;
	h.sha256[3] ^= 1;
	assert_int_equal(
	    sync_compare(&world.signer, &h, &at, &why), REASON_JOURNAL_FORK);
	h.sha256[3] ^= 1;
	h.signer[0] ^= 1;
	assert_int_equal(
	    sync_compare(&world.signer, &h, &at, &why), REASON_JOURNAL_FORK);
}

/* The hash of an earlier record, which the store may stand at. */
static void
head_in_the_middle(void **state)
{
	const struct ledger *l = journal_ledger(world.signer.journal);
	struct voucher_order o = world_voucher();
	struct message_head h = { .sequence = l->sequence };
	struct sync_place at;
	struct why why;

	(void)state;
	memcpy(h.signer, l->signer, sizeof(h.signer));
	memcpy(h.sha256, l->head, HASH_SIZE);
	assert_int_equal(order_voucher(&o), REASON_OK);
	assert_int_equal(sync_compare(&world.signer, &h, &at, &why), REASON_OK);
	assert_int_equal(at.next, h.sequence + 1);
	assert_int_equal(at.next, l->sequence);
}

/* The store stands before one seam, or before two: what it lacks of the signers
 * before us comes from their journals (doc/decisions/008). */
static void
behind_seams(void **state)
{
	struct message_head h = { .empty = true }, first;
	struct sync_place at;
	uint64_t end;
	unsigned i;

	(void)state;
	first.empty = false;
	end = first.sequence = head();
	memcpy(first.signer, journal_ledger(world.signer.journal)->signer, 16);
	memcpy(first.sha256, journal_ledger(world.signer.journal)->head, 32);
	for (i = 0; i < 2; i++)
		succeed();
	/* The last record, and nothing of the next signer. */
	assert_int_equal(compare_heads(&first, &at), REASON_OK);
	assert_non_null(strstr(at.path, "journal.2"));
	assert_int_equal(at.next, 1);
	assert_true(sync_next(&world.signer, &at));
	assert_string_equal(at.path, world.signer.journal_path);
	assert_int_equal(at.next, 1);
	assert_false(sync_next(&world.signer, &at));
	/* One record is missing, or all are. */
	first.sequence--;
	assert_int_equal(
	    journal_hash(at.path, 1, first.sha256, NULL), REASON_OK);
	assert_int_equal(compare_heads(&first, &at), REASON_JOURNAL_FORK);
	assert_int_equal(
	    journal_hash(first_path(), first.sequence, first.sha256, NULL),
	    REASON_OK);
	assert_int_equal(compare_heads(&first, &at), REASON_OK);
	assert_non_null(strstr(at.path, "journal.1"));
	assert_int_equal(at.next, end);
	assert_int_equal(at.end, end);
	assert_true(sync_next(&world.signer, &at));
	assert_non_null(strstr(at.path, "journal.2"));
	assert_int_equal(at.end, 2);
	assert_int_equal(compare_heads(&h, &at), REASON_OK);
	assert_non_null(strstr(at.path, "journal.1"));
	assert_int_equal(at.next, 1);
	first.sequence = end + 1;
	assert_int_equal(compare_heads(&first, &at), REASON_JOURNAL_BEHIND);
	/* A backup beside the journal is not taken for it. */
	assert_int_equal(world_shell("cd %s/signer && mv journal.1 kept"), 0);
	first.sequence = end - 1;
	assert_int_equal(compare_heads(&first, &at), REASON_OK);
	assert_non_null(strstr(at.path, "kept"));
	assert_int_equal(world_shell("rm -r %s/signer/kept"), 0);
	assert_int_equal(compare_heads(&first, &at), REASON_JOURNAL_FORK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(voucher),
		CASE(recorded_bytes),
		CASE(other_formats),
		CASE(raw_keys),
		CASE(names_issuer),
		CASE(nonceless),
		CASE(again),
		CASE(few_derivations),
		CASE(again_other_key),
		CASE(group),
		CASE(large_groups),
		CASE(synced_first),
		CASE(signed_follows),
		CASE(idevid),
		CASE(idevid_again),
		CASE(import),
		CASE(tag),
		CASE(certificate_dates),
		CASE(heads),
		CASE(head_in_the_middle),
		CASE(behind_seams),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
