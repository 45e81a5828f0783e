/* See world.h. */
#include "world.h"

#include "../scrypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ceremony/ceremony.h"
#include "envelope/pem.h"
#include "wire/cbor.h"
#include "wire/der.h"

#define NOW	 INT64_C(1780000000) /* 2026-05-28 */
#define LAST_DAY (NOW / SECONDS_A_DAY + 90)

struct world world;
static char template[64];
static int passphrase = -1;
static struct secret secret;

/* The power stays: nothing need reach a disk that others keep busy. */
int
fsync(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

/* Of the journal's groups; key files and folders have fsync(). */
int
fdatasync(int fd)
{
	if (!world.sync_fails)
		return fsync(fd);
	errno = EIO;
	return -1;
}

void __wrap_private_keys_sign(struct signature *all, size_t len);
void __real_private_keys_sign(struct signature *all, size_t len);

void
__wrap_private_keys_sign(struct signature *all, size_t len)
{
	world.signatures += len;
	__real_private_keys_sign(all, len);
}

static void
on_record(void *context, uint64_t sequence, struct span bytes)
{
	struct why why;

	(void)context;
	if (record_read(bytes, &world.reply.record, &why) != REASON_OK ||
	    world.reply.record.sequence != sequence || world.reply.count > 0)
		abort(); /* not readable, or not before the answer */
	world.reply.records++;
}

static void
on_answer(void *context, uint64_t id, const struct message_signed *m)
{
	struct reply *r = &world.reply;

	(void)context;
	r->count++;
	r->id = id;
	r->reason = m->reason;
	memcpy(r->text, m->text, sizeof(r->text));
	r->sequence = m->sequence;
	r->again = m->again;
	r->device = m->device;
	if (m->artifact.len > sizeof(r->artifact))
		abort();
	if (m->artifact.len > 0)
		memcpy(r->artifact, m->artifact.ptr, m->artifact.len);
	r->artifact_len = m->artifact.len;
}

static void
on_starting(void *context)
{
	(void)context;
	world.opened++;
}

static void
scrypt_called(void)
{
	world.scrypts++;
}

static enum reason
open_home(const char *home, bool create, struct why *why)
{
	char folder[PATH_MAX];
	struct signer_options o = { .folder = folder,
		.create = create,
		.test = true,
		.passphrase = passphrase,
		.calls = { NULL, on_record, on_answer, on_starting } };

	path_join(folder, sizeof(folder), home, "signer");
	if (create && mkdir(folder, 0700) != 0)
		abort();
	return signer_open(&world.signer, &o, why);
}

void
world_group(void)
{
	struct why why;

	memset(&world.reply, 0, sizeof(world.reply));
	if (signer_group(&world.signer, &why) != REASON_OK) {
		fprintf(stderr, "%s\n", why.text);
		abort();
	}
}

/* By way of the frame, as from the authority. */
static void
queue(enum message type, uint64_t id, const struct cbor_out *out)
{
	struct order *o = order_read(type, id, span_of(out->buf, out->len));

	if (o == NULL)
		abort();
	signer_order(&world.signer, o);
}

#define ORDER(TYPE, codec, value)                           \
	do {                                                \
		static uint8_t room_[FRAME_MAX];            \
		struct cbor_out out_;                       \
                                                            \
		cbor_out_open(&out_, room_, sizeof(room_)); \
		message_##codec##_put(&out_, (value));      \
		queue(MESSAGE_##TYPE, 1, &out_);            \
		world_group();                              \
		return world.reply.reason;                  \
	} while (0)

void
queue_voucher(uint64_t id, const struct voucher_order *v)
{
	static uint8_t room[FRAME_MAX];
	struct cbor_out out;

	cbor_out_open(&out, room, sizeof(room));
	message_voucher_order_put(&out, v);
	queue(MESSAGE_SIGN_VOUCHER, id, &out);
}

/* Directly: a frame could not even say some of the lies. */
enum reason
order_voucher(const struct voucher_order *v)
{
	struct order *o = calloc(1, sizeof(*o));

	o->type = MESSAGE_SIGN_VOUCHER;
	o->id = 1;
	o->voucher = *v;
	signer_order(&world.signer, o);
	world_group();
	return world.reply.reason;
}

enum reason
order_idevid(const struct idevid_order *i)
{
	ORDER(SIGN_IDEVID, idevid_order, i);
}

enum reason
order_device(const struct device *d)
{
	struct device_order o = { *d };

	ORDER(TAG_DEVICE, device_order, &o);
}

enum reason
order_key(const struct key_order *k)
{
	ORDER(KEY_CREATE, key_order, k);
}

enum reason
order_certificate(const struct key_certificate *c)
{
	ORDER(KEY_CERTIFY, key_certificate, c);
}

enum reason
order_policy(const char *name, const struct key_policy *p)
{
	struct policy_order o = { .user = 1000, .policy = *p };

	strcpy(o.name, name);
	ORDER(KEY_POLICY, policy_order, &o);
}

struct key_policy
world_policy(const char *name)
{
	return ledger_key_of(&world.signer, name)->order.policy;
}

enum reason
order_manifest(const char *key, const struct manifest_statement *s)
{
	struct manifest_order o = { .statement = *s };

	strcpy(o.key, key);
	ORDER(SIGN_MANIFEST, manifest_order, &o);
}

enum reason
order_end(const struct end_order *e)
{
	ORDER(KEY_END, end_order, e);
}

enum reason
order_act(const char *verb, const char *subject)
{
	struct message_act a = { .user = 1000 };

	strcpy(a.verb, verb);
	strcpy(a.subject, subject);
	ORDER(ACT, act, &a);
}

enum reason
order_profile(const struct idevid_order *i)
{
	struct product p = { .counter_width = i->counter_width,
		.check_character = i->check_character,
		.profile = i->profile };
	char subject[PROFILE_SUBJECT_SIZE];

	strcpy(p.name, i->product);
	strcpy(p.token, i->token);
	strcpy(p.scheme, i->scheme);
	strcpy(p.masa_url, i->masa_url);
	profile_subject(&p, subject);
	return order_act(LEDGER_VERB_PRODUCT_SET, subject);
}

enum reason
order_act_two(const char *verb, const char *subject, uint64_t number,
    const struct span signatures[END_SIGNATURES])
{
	struct message_act a = {
		.user = 1000, .number = number, .signatures_len = END_SIGNATURES
	};

	strcpy(a.verb, verb);
	strcpy(a.subject, subject);
	memcpy(a.signatures, signatures, sizeof(a.signatures));
	ORDER(ACT, act, &a);
}

int
world_shell(const char *format)
{
	char command[1000], path[100];

	snprintf(path, sizeof(path), "%s",
	    world.home[0] != '\0' ? world.home : template);
	command[0] = '\0';
	for (; *format != '\0'; format++) {
		size_t n = strlen(command);

		if (format[0] == '%' && format[1] == 's') {
			strcat(command, path);
			format++;
		} else {
			command[n] = *format;
			command[n + 1] = '\0';
		}
	}
	return system(command);
}

void
world_write(const char *name, struct span bytes)
{
	char path[200];
	struct why why;

	path_join(path, sizeof(path), world.home, name);
	if (file_write(path, bytes, 0600, &why) != REASON_OK)
		abort();
}

/* A customer's CA, to be pinned. */
static bool
make_pin(void)
{
	struct private_key *key = private_key_generate(KEY_P256);
	struct certificate_plan plan = { .profile = PROFILE_DOMAIN_CA,
		.organization = "Customer",
		.common_name = "Domain CA",
		.not_before = NOW - 1000,
		.not_after = NOW + 86400,
		.spki = private_key_spki(key) };
	struct why why;
	bool good;

	good = issue(&plan, key, NULL, LINT_OTHER, world.pin, &world.pinned,
		   &why) == REASON_OK;
	private_key_free(key);
	return good;
}

/* asserts: the policy of its certificate, NULL for none. */
static bool
make_key(
    const struct key_order *k, enum ceremony_root root, const char *asserts)
{
	uint8_t octets[16384];
	struct key_certificate c = { .chain_len = 0 };
	struct sign_options o = { .home = template,
		.root = root,
		.name = k->name,
		.slot = k->slot,
		.policy = asserts,
		.generation = 1,
		.passphrase = &secret,
		.csr = span_of(world.reply.artifact, 0) };
	size_t offset = 0, used = 0, len;
	struct buf chain;
	struct why why;

	if (order_key(k) != REASON_OK)
		return false;
	o.csr.len = world.reply.artifact_len;
	buf_init(&chain, 65536);
	if (ceremony_sign(&o, &chain, &why) != REASON_OK)
		return false;
	strcpy(c.name, k->name);
	while (pem_next(
	    buf_span(&chain), &offset, "CERTIFICATE", octets + used, &len)) {
		c.chain[c.chain_len++] = span_of(octets + used, len);
		used += len;
	}
	buf_free(&chain);
	return order_certificate(&c) == REASON_OK;
}

bool
world_voucher_key(const char *name, const char *asserts)
{
	struct key_order k = { .purpose = PURPOSE_VOUCHER,
		.policy = { .kinds = SIGNED_NONCED } };

	strcpy(k.name, name);
	return make_key(&k, CEREMONY_VOUCHER, asserts);
}

bool
world_issuing_ca(
    const char *name, const char *slot, const char *asserts, unsigned rsa_bits)
{
	struct key_order k = { .purpose = PURPOSE_IDEVID_CA,
		.rsa_bits = rsa_bits,
		.policy = { .kinds = SIGNED_IDEVID } };

	strcpy(k.name, name);
	strcpy(k.slot, slot);
	return make_key(&k, CEREMONY_IDEVID, asserts);
}

int
world_make(void **state)
{
	struct found_options found = { .home = template,
		.organization = "Acme",
		.host = "localhost",
		.test = true,
		.passphrase = &secret };
	struct key_order ca = { .purpose = PURPOSE_IDEVID_CA,
		.name = CA_KEY,
		.slot = "F1",
		.policy = { .kinds = SIGNED_IDEVID,
		    .limit = 3,
		    .last_day = LAST_DAY } };
	struct key_order voucher = { .purpose = PURPOSE_VOUCHER,
		.name = VOUCHER_KEY,
		.policy = { .kinds = SIGNED_NONCED | SIGNED_NONCELESS,
		    .products_len = 1,
		    .products = { "router-9" },
		    .limit = 3,
		    .last_day = LAST_DAY } };
	const struct idevid_order idevid = world_idevid(0);
	struct why why;

	(void)state;
	clock_set_test(NOW);
	passphrase = memfd_create("passphrase", MFD_CLOEXEC);
	if (passphrase < 0 || write(passphrase, "open sesame", 11) != 11)
		return 1;
	secret_new(&secret, 11);
	memcpy(secret.ptr, "open sesame", 11);
	strcpy(template, "signer-XXXXXX");
	if (mkdtemp(template) == NULL || !make_pin() ||
	    ceremony_found(&found, &why) != REASON_OK ||
	    open_home(template, true, &why) != REASON_OK ||
	    order_profile(&idevid) != REASON_OK ||
	    !make_key(&ca, CEREMONY_IDEVID, NULL) ||
	    !make_key(&voucher, CEREMONY_VOUCHER, NULL)) {
		fprintf(stderr, "%s; %s\n", why.text, world.reply.text);
		return 1;
	}
	signer_close(&world.signer);
	return 0;
}

int
world_remove(void **state)
{
	(void)state;
	world.home[0] = '\0';
	secret_free(&secret);
	close(passphrase);
	return world_shell("rm -rf %s");
}

enum reason
world_open(struct why *why)
{
	return open_home(world.home, false, why);
}

void
world_close(void)
{
	signer_close(&world.signer);
}

int
world_begin(void **state)
{
	char copy[200];
	struct why why;

	(void)state;
	clock_set_test(NOW + 10);
	world.now = NOW + 10;
	strcpy(world.home, "signer-XXXXXX");
	if (mkdtemp(world.home) == NULL)
		return 1;
	snprintf(copy, sizeof(copy), "cp -a %s/. %s", template, world.home);
	if (system(copy) != 0 || world_open(&why) != REASON_OK)
		return 1;
	return 0;
}

int
world_end(void **state)
{
	(void)state;
	world_close();
	return world_shell("rm -rf %s");
}

struct device
world_device(void)
{
	struct device d = { .serial = "00-D0-E5-F2-00-02",
		.product = "router-9",
		.issuer = { ISSUER_KEY_ID, 20, { 9 } },
		.state = DEVICE_ACTIVE,
		.origin = ORIGIN_IMPORTED };

	memset(d.spki_sha256, 0x77, HASH_SIZE);
	memset(d.certificate_sha256, 0x78, HASH_SIZE);
	device_tag(&world.signer.tag_key, &d, d.tag);
	return d;
}

struct voucher_order
world_voucher(void)
{
	struct voucher_order v = { .key = VOUCHER_KEY,
		.device = world_device(),
		.nonce = "Dss99sBr3pNMOACe-LYY7w",
		.assertion = ASSERTION_PROXIMITY,
		.format = FORMAT_CMS_JSON,
		.pin_kind = PIN_CERTIFICATE,
		.pin = world.pinned.der };

	memset(v.request_sha256, 0x33, HASH_SIZE);
	certificate_domain_id(&world.pinned, v.domain_id, &v.domain_id_len);
	return v;
}

struct idevid_order
world_idevid(uint64_t counter)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct idevid_order i = { .key = CA_KEY,
		.product = "router-9",
		.token = "AR9",
		.counter = counter,
		.counter_width = 4,
		.masa_url = "masa.example.com",
		.spki = world.pinned.spki,
		.key_slot = 2 };

	snprintf(
	    i.serial, sizeof(i.serial), "AR9-F1-000%c", digits[counter % 32]);
	memset(i.request_sha256, 0x44, HASH_SIZE);
	i.request_sha256[0] = (uint8_t)counter;
	return i;
}
