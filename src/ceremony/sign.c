/* A root signs an issuing CA (IP 4) or a voucher signer (IP 6). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "ceremony/ceremony.h"
#include "envelope/csr.h"
#include "envelope/pem.h"
#include "model/profile.h"
#include "model/serial.h"
#include "wire/der.h"

#define DAY	     86400
#define VOUCHER_DAYS 730 /* IP 1: 90 days to 2 years */
#define DAYS_MAX     3650

/* What a signature needs of its root. */
struct root {
	struct private_key *key;
	uint8_t der[CERTIFICATE_MAX];
	struct certificate certificate;
	char organization[NAME_TEXT];
	bool test;
};

static enum reason
root_certificate(
    struct root *root, const struct sign_options *o, struct why *why)
{
	char path[PATH_MAX], file[64], name[128];
	struct buf text;
	enum reason r;
	size_t len;

	snprintf(file, sizeof(file), "anchors/%s.pem", root_word(o->root));
	path_join(path, sizeof(path), o->home, file);
	if ((r = file_read(path, &text, 2 * CERTIFICATE_MAX, why)) != REASON_OK)
		return r;
	if (pem_or_der(buf_span(&text), "CERTIFICATE", root->der,
		sizeof(root->der), &len))
		r = certificate_read(
		    span_of(root->der, len), &root->certificate, why);
	else
		r = why_set(why, REASON_HOME_INVALID, -1,
		    "%s holds no certificate", path);
	buf_free(&text);
	if (r != REASON_OK)
		return r;
	if (!name_attribute(root->certificate.subject, 10, root->organization,
		sizeof(root->organization)) ||
	    !name_attribute(root->certificate.subject, 3, name, sizeof(name)))
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%s is no root of ours", path);
	root->test = named_test(name);
	return REASON_OK;
}

static enum reason
root_open(struct root *root, const struct sign_options *o, struct why *why)
{
	char path[PATH_MAX], file[64];
	enum reason r;

	if ((r = root_certificate(root, o, why)) != REASON_OK)
		return r;
	snprintf(file, sizeof(file), "ceremony/%s.key", root_word(o->root));
	path_join(path, sizeof(path), o->home, file);
	r = private_key_load(&root->key, path, o->passphrase, NULL, why);
	if (r == REASON_OK &&
	    !span_eq(private_key_spki(root->key), root->certificate.spki))
		r = why_set(why, REASON_HOME_INVALID, -1,
		    "%s is not the key of its certificate", path);
	return r;
}

/* The number at the end of a voucher signer's name, "1" if there is none. */
static const char *
number_of(const char *name)
{
	const char *end = name + strlen(name), *at = end;

	while (at > name && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at == end || end - at > 9 ? "1" : at;
}

static void
subject_name(
    char out[NAME_TEXT], const struct root *root, const struct sign_options *o)
{
	char rest[NAME_TEXT];

	if (o->root == CEREMONY_IDEVID)
		snprintf(rest, sizeof(rest), "IDevID CA %s-%u", o->slot,
		    o->generation);
	else
		snprintf(rest, sizeof(rest), "Voucher Signer %s",
		    number_of(o->name));
	common_name(out, root->test, root->organization, rest);
}

static enum reason
sign_csr(const struct root *root, const struct sign_options *o,
    const struct csr_facts *csr, struct buf *chain, struct why *why)
{
	bool ca = o->root == CEREMONY_IDEVID;
	char name[NAME_TEXT];
	struct certificate_plan plan = { .profile = ca ? PROFILE_IDEVID_CA
						       : PROFILE_VOUCHER_SIGNER,
		.organization = root->organization,
		.unit = "software root",
		.common_name = name,
		.not_before = begin_of(root->test),
		.not_after = ca ? DER_TIME_FOREVER
				: clock_now() +
			(int64_t)(o->days == 0 ? VOUCHER_DAYS : o->days) * DAY,
		.spki = csr->spki,
		.issuer_name = root->certificate.subject,
		.issuer_key_id = root->certificate.subject_key_id };
	uint8_t room[CERTIFICATE_MAX], oid[POLICY_OID_MAX];
	struct certificate c;
	enum reason r;
	size_t len;

	if (o->policy != NULL) {
		if (!policy_oid_read(o->policy, oid, &len))
			return why_set(why, REASON_ADMIN_ARGUMENT, -1,
			    "policy: an OID such as 1.3.6.1.4.1.1.1, and not "
			    "anyPolicy");
		plan.policy = span_of(oid, len);
	}
	subject_name(name, root, o);
	r = issue(&plan, root->key, &root->certificate,
	    ca ? LINT_CA : LINT_VOUCHER_SIGNER, room, &c, why);
	if (r != REASON_OK)
		return r;
	if (!pem_write(chain, "CERTIFICATE", c.der) ||
	    !pem_write(chain, "CERTIFICATE", root->certificate.der))
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "the chain is too large");
	return REASON_OK;
}

static enum reason
check_options(const struct sign_options *o, struct why *why)
{
	if (o->name[0] == '\0' || strlen(o->name) > KEY_NAME_MAX)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "name: 1 to 32 of A-Z a-z 0-9 -");
	if (o->root == CEREMONY_IDEVID &&
	    (o->slot == NULL || !slot_valid(o->slot)))
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "slot: 2 to 4 of A-Z 0-9");
	if (o->root == CEREMONY_IDEVID && o->generation == 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "generation: as slot list has it");
	if (o->days > DAYS_MAX)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "days: at most %d", DAYS_MAX);
	return REASON_OK;
}

enum reason
ceremony_open(const struct sign_options *o, struct why *why)
{
	struct root *root = memory_new(sizeof(*root));
	enum reason r = root_open(root, o, why);

	private_key_free(root->key);
	free(root);
	return r;
}

enum reason
ceremony_sign(const struct sign_options *o, struct buf *chain, struct why *why)
{
	struct root *root;
	struct csr_facts csr;
	uint8_t *arena;
	enum reason r;

	if ((r = check_options(o, why)) != REASON_OK)
		return r;
	root = memory_new(sizeof(*root));
	arena = memory_new(o->csr.len + 1);
	if ((r = csr_read(o->csr, arena, &csr, why)) == REASON_OK &&
	    (r = root_open(root, o, why)) == REASON_OK)
		r = sign_csr(root, o, &csr, chain, why);
	private_key_free(root->key);
	free(root);
	free(arena);
	return r;
}
