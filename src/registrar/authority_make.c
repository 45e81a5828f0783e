/* Keys and certificates of a customer or a device, for demos and tests:
 * `registrar ca` and `pledge key`. The keys lie unencrypted, mode 0600, as
 * those of a web server do; a real domain has its own CA. */
#include "registrar/registrar.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "envelope/csr.h"
#include "envelope/pem.h"
#include "x509/lint.h"
#include "x509/render.h"

#define DAY	       86400
#define CA_DAYS	       3650
#define REGISTRAR_DAYS 825

struct made {
	struct private_key *key;
	uint8_t der[CERTIFICATE_MAX];
	size_t len;
	struct certificate certificate;
};

/* Signs a certificate of this plan for m's key by the issuer's (NULL = m). */
static void
certificate_make(
    struct made *m, struct certificate_plan *plan, const struct made *issuer)
{
	const struct private_key *signer =
	    issuer == NULL ? m->key : issuer->key;
	uint8_t tbs[CERTIFICATE_MAX], signature[SIGNATURE_SIZE_MAX];
	struct lint_context context = { .subject = LINT_OTHER };
	size_t tbs_len, signature_len;
	struct why why;

	certificate_serial_draw(plan->serial);
	plan->spki = private_key_spki(m->key);
	plan->signature_algorithm = private_key_algorithm(signer);
	plan->not_before = clock_now() - 300;
	if (issuer != NULL) {
		plan->issuer_name = issuer->certificate.subject;
		plan->issuer_key_id = issuer->certificate.subject_key_id;
	}
	if (!certificate_render(plan, tbs, sizeof(tbs), &tbs_len))
		fatal("a certificate does not fit");
	context.issuer = issuer == NULL ? NULL : &issuer->certificate;
	if (lint_before_signing(span_of(tbs, tbs_len), &context, &why) !=
	    REASON_OK)
		fatal("a certificate breaks our own rules: %s", why.text);
	private_key_sign(
	    signer, span_of(tbs, tbs_len), signature, &signature_len);
	if (!certificate_assemble(span_of(tbs, tbs_len),
		plan->signature_algorithm, span_of(signature, signature_len),
		m->der, sizeof(m->der), &m->len) ||
	    certificate_read(span_of(m->der, m->len), &m->certificate, NULL) !=
		REASON_OK)
		fatal("a certificate does not fit");
}

static enum reason
file_absent(const char *path, struct why *why)
{
	if (access(path, F_OK) != 0)
		return REASON_OK;
	return why_set(
	    why, REASON_FILE_UNREADABLE, -1, "%s exists already", path);
}

/* A certificate or a CSR as one PEM block; fresh: to a file that must not be there
 * yet. */
static enum reason
pem_save(const char *path, bool fresh, const char *label, struct span der,
    unsigned mode, struct why *why)
{
	struct buf text;
	enum reason r;

	buf_init(&text, FILE_MAX);
	if (!pem_write(&text, label, der))
		fatal("%zu octets do not fit a PEM block", der.len);
	r = (fresh ? file_write_new : file_write)(
	    path, buf_span(&text), mode, why);
	buf_free(&text);
	return r;
}

/* All of it or nothing: none of the files may exist, and those that were written go
 * if another one cannot be, so that they are not in the way of another try. Of two who
 * do this at once one has the first file, and the other nothing. */
static enum reason
made_save(const struct made *ca, const struct made *registrar, const char *dir,
    struct why *why)
{
	static const char *const files[] = { "ca.pem", "registrar.pem",
		"registrar.key", "ca.key" };
	const struct made *const of[] = { ca, registrar, registrar, ca };
	char paths[4][PATH_MAX];
	enum reason r = REASON_OK;
	unsigned i, n;

	for (i = 0; i < 4 && r == REASON_OK; i++) {
		path_join(paths[i], sizeof(paths[i]), dir, files[i]);
		r = file_absent(paths[i], why);
	}
	if (r != REASON_OK)
		return r;
	for (n = 0; n < 4 && r == REASON_OK; n++)
		r = n < 2 ? pem_save(paths[n], true, "CERTIFICATE",
				span_of(of[n]->der, of[n]->len), 0644, why)
			  : private_key_save_plain(of[n]->key, paths[n], why);
	for (i = 0; r != REASON_OK && i + 1 < n; i++)
		(void)unlink(paths[i]);
	return r;
}

static enum reason
domain_make(const char *organization, const char *dir, struct why *why)
{
	struct made ca = { .key = private_key_generate(KEY_P256) };
	struct made registrar = { .key = private_key_generate(KEY_P256) };
	struct certificate_plan ca_plan = { .profile = PROFILE_DOMAIN_CA,
		.organization = organization,
		.common_name = "Domain CA",
		.not_after = clock_now() + (int64_t)CA_DAYS * DAY };
	struct certificate_plan plan = { .profile = PROFILE_REGISTRAR,
		.organization = organization,
		.common_name = "Registrar",
		.not_after = clock_now() + (int64_t)REGISTRAR_DAYS * DAY };
	enum reason r;

	certificate_make(&ca, &ca_plan, NULL);
	certificate_make(&registrar, &plan, &ca);
	r = made_save(&ca, &registrar, dir, why);
	private_key_free(ca.key);
	private_key_free(registrar.key);
	return r;
}

enum exit_code
registrar_ca(int argc, char **argv)
{
	const char *organization = NULL, *dir = NULL;
	const struct option_row rows[] = {
		{ "organization", &organization, NULL, true },
		{ "out-dir", &dir, NULL, true },
		{ 0 },
	};
	struct why why;
	enum reason r = REASON_OK;

	if (options_read(argc, argv, rows, NULL, 0) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	/* ub-organization-name (RFC 5280 A.1) */
	if (organization[0] == '\0' || strlen(organization) > 64 ||
	    !text_printable(span_str(organization)))
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "--organization takes 1 to 64 printable characters");
	else if (mkdir(dir, 0700) == 0 ? !file_sync_name(dir) : errno != EEXIST)
		r = why_set(&why, REASON_FILE_UNREADABLE, -1, "%s: %s", dir,
		    strerror(errno));
	if (r == REASON_OK)
		r = domain_make(organization, dir, &why);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}

static enum reason
csr_make(const struct private_key *key, const char *serial, const char *path,
    struct why *why)
{
	uint8_t info[CSR_MAX], signature[SIGNATURE_SIZE_MAX], csr[CSR_MAX];
	size_t info_len, signature_len, len;

	if (!csr_render(private_key_spki(key), NULL, serial, info, sizeof(info),
		&info_len))
		fatal("a request does not fit");
	private_key_sign(
	    key, span_of(info, info_len), signature, &signature_len);
	if (!csr_assemble(span_of(info, info_len), private_key_algorithm(key),
		span_of(signature, signature_len), csr, sizeof(csr), &len))
		fatal("a request does not fit");
	return pem_save(
	    path, false, "CERTIFICATE REQUEST", span_of(csr, len), 0644, why);
}

/* PrintableString (X.680), at most ub-serial-number characters. */
static bool
serial_possible(const char *serial)
{
	size_t len = strlen(serial);

	return len > 0 && len <= SERIAL_MAX &&
	    strspn(serial,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		" '()+,-./:=?") == len;
}

#define ONE_FILE "--out and --csr are one file"

/* By two spellings of its name. */
static bool
same_file(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

enum exit_code
pledge_key(int argc, char **argv)
{
	const char *out = NULL, *csr = NULL, *serial = NULL;
	const struct option_row rows[] = {
		{ "out", &out, NULL, true },
		{ "csr", &csr, NULL, true },
		{ "serial", &serial, NULL, false },
		{ 0 },
	};
	struct private_key *key;
	struct why why;
	enum reason r;

	if (options_read(argc, argv, rows, NULL, 0) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	if (serial != NULL && !serial_possible(serial))
		return refuse(
		    why_set(&why, REASON_SERIAL_SYNTAX, -1, "--serial"), &why);
	if (strcmp(out, csr) == 0)
		return refuse(
		    why_set(&why, REASON_ADMIN_ARGUMENT, -1, ONE_FILE), &why);
	key = private_key_generate(KEY_P256);
	/* The key first: of two who do this at once one has it. Both or neither: a key
	 * alone would be in the way of another try. */
	if ((r = private_key_save_plain(key, out, &why)) == REASON_OK) {
		r = same_file(out, csr)
		    ? why_set(&why, REASON_ADMIN_ARGUMENT, -1, ONE_FILE)
		    : csr_make(key, serial, csr, &why);
		if (r != REASON_OK && strcmp(out, "-") != 0)
			(void)unlink(out);
	}
	private_key_free(key);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}
