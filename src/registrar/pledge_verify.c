/* pledge verify: a voucher as a device judges it (RFC 8995 5.6.1). */
#include "registrar/registrar.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "registrar/pvr.h"
#include "registrar/show.h"

struct verify_options {
	const char *voucher, *anchor, *serial, *certificate, *nonce, *request;
	const char *registrar, *time, *policy;
	bool json, requests, old, marks;
};

/* Everything that the facts borrow from. */
struct verify_files {
	struct buf voucher;
	uint8_t *anchor, *arena;
	struct certificate_file idevid, registrar;
	struct pvr pvr;
	char serial[SERIAL_MAX + 1];
	uint8_t policies[JUDGE_POLICIES_MAX][32];
};

static enum reason
policy_find(const struct verify_options *o, struct verify_files *files,
    struct judge_facts *f, struct why *why)
{
	const char *at = o->policy, *end;
	bool good = true;
	uint8_t *room;
	size_t len;

	if (o->marks && at == NULL)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--private-extension goes with --voucher-policy");
	f->policy_marks = o->marks;
	for (; good && at != NULL; at = *end == ',' ? end + 1 : NULL) {
		end = strchrnul(at, ',');
		good = f->policies_len < JUDGE_POLICIES_MAX;
		if (!good)
			break;
		room = files->policies[f->policies_len];
		good = text_oid(span_of(at, (size_t)(end - at)), room,
		    sizeof(files->policies[0]), &len);
		if (good)
			f->policies[f->policies_len++] = span_of(room, len);
	}
	return good
	    ? REASON_OK
	    : why_set(why, REASON_ADMIN_ARGUMENT, -1,
		  "--voucher-policy takes an OID such as 1.3.6.1.4.1.1.1, or "
		  "two with a comma");
}

/* The device's serial: as told, or of its certificate. */
static enum reason
serial_find(const struct verify_options *o, struct verify_files *files,
    struct judge_facts *f, struct why *why)
{
	enum reason r;

	if (o->certificate != NULL) {
		r = certificates_load(&files->idevid, o->certificate, why);
		if (r != REASON_OK)
			return r;
		f->idevid = &files->idevid.list[0];
	}
	if (o->serial != NULL) {
		f->serial = o->serial;
		return REASON_OK;
	}
	if (f->idevid == NULL)
		return REASON_OK;
	f->serial = files->serial;
	return subject_serial(f->idevid, files->serial, why);
}

/* The nonce that was sent: as told, or of the request; "" if that had none. */
static enum reason
nonce_find(const struct verify_options *o, struct verify_files *files,
    struct judge_facts *f, struct why *why)
{
	enum reason r;

	if (o->request != NULL) {
		if ((r = pvr_load(&files->pvr, o->request, &files->idevid,
			 why)) != REASON_OK)
			return r;
		f->nonce = files->pvr.request.nonce;
		if (f->serial == NULL)
			f->serial = files->pvr.request.serial;
	}
	if (o->nonce != NULL)
		f->nonce = o->nonce;
	return REASON_OK;
}

static enum reason
registrar_find(const struct verify_options *o, struct verify_files *files,
    struct judge_facts *f, struct why *why)
{
	enum reason r;

	if (o->registrar == NULL)
		return REASON_OK;
	r = certificates_load(&files->registrar, o->registrar, why);
	f->registrar = files->registrar.list;
	f->registrar_len = files->registrar.len;
	return r;
}

static enum reason
facts_gather(const struct verify_options *o, struct verify_files *files,
    struct judge_facts *f, struct why *why)
{
	enum reason r;

	files->anchor = memory_new(FILE_MAX);
	if ((r = policy_find(o, files, f, why)) != REASON_OK)
		return r;
	if ((r = object_load(&files->voucher, o->voucher, FILE_MAX, why)) !=
	    REASON_OK)
		return r;
	f->voucher = buf_span(&files->voucher);
	files->arena = memory_new(JUDGE_ARENA(f->voucher.len));
	if ((r = anchor_load(files->anchor, &f->anchor, o->anchor, why)) !=
		REASON_OK ||
	    (r = time_option(o->time, &f->now, why)) != REASON_OK ||
	    (r = serial_find(o, files, f, why)) != REASON_OK ||
	    (r = nonce_find(o, files, f, why)) != REASON_OK)
		return r;
	return registrar_find(o, files, f, why);
}

static enum exit_code
verify(const struct verify_options *o)
{
	struct judgement *j = memory_new(sizeof(*j));
	struct verify_files *files = memory_new(sizeof(*files));
	struct judge_facts facts = { .requests = o->requests,
		.est_domain_2466 = o->old };
	struct why why;
	enum reason r;

	why_clear(&why);
	if ((r = facts_gather(o, files, &facts, &why)) == REASON_OK &&
	    (r = voucher_judge(&facts, files->arena, j, &why)) == REASON_OK)
		verdict_print(j, o->json);
	buf_free(&files->voucher);
	pvr_free(&files->pvr);
	certificates_free(&files->idevid);
	certificates_free(&files->registrar);
	free(files->anchor);
	free(files->arena);
	free(files);
	free(j);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}

enum exit_code
pledge_verify(int argc, char **argv)
{
	struct verify_options o = { 0 };
	const struct option_row rows[] = {
		{ "voucher", &o.voucher, NULL, true },
		{ "anchor", &o.anchor, NULL, true },
		{ "voucher-policy", &o.policy, NULL, false },
		{ "private-extension", NULL, &o.marks, false },
		{ "serial", &o.serial, NULL, false },
		{ "certificate", &o.certificate, NULL, false },
		{ "nonce", &o.nonce, NULL, false },
		{ "request", &o.request, NULL, false },
		{ "registrar-certificate", &o.registrar, NULL, false },
		{ "time", &o.time, NULL, false },
		{ "legacy-est-domain", NULL, &o.old, false },
		{ "json", NULL, &o.json, false },
		{ 0 },
	};

	if (options_read(argc, argv, rows, NULL, 0) != EXIT_DONE)
		return EXIT_USAGE;
	return verify(&o);
}

/* Signature, chain and dates only, of a request as well; FILE is the one
 * operand. */
enum exit_code
voucher_verify(int argc, char **argv)
{
	struct verify_options o = { .requests = true };
	const struct option_row rows[] = {
		{ "anchor", &o.anchor, NULL, true },
		{ "voucher-policy", &o.policy, NULL, false },
		{ "private-extension", NULL, &o.marks, false },
		{ "time", &o.time, NULL, false },
		{ "legacy-est-domain", NULL, &o.old, false },
		{ "json", NULL, &o.json, false },
		{ 0 },
	};

	if (options_read(argc, argv, rows, &o.voucher, 1) != EXIT_DONE)
		return EXIT_USAGE;
	return verify(&o);
}
