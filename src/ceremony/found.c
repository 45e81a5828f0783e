/* Founding a home: both roots, and the web server's certificate. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ceremony/ceremony.h"
#include "envelope/pem.h"
#include "wire/der.h"
#include "wire/utf8.h"

#define DAY	 86400
#define TLS_DAYS 3650

static enum reason
make_folder(const char *home, const char *name, mode_t mode, struct why *why)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), home, name);
	if ((mkdir(path, mode) != 0 && errno != EEXIST) ||
	    chmod(path, mode) != 0 || !file_sync_name(path))
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	return REASON_OK;
}

static enum reason
write_pem(const char *home, const char *name, const struct certificate *c,
    struct why *why)
{
	char path[PATH_MAX];
	struct buf text;
	enum reason r;

	buf_init(&text, 2 * CERTIFICATE_MAX);
	(void)pem_write(&text, "CERTIFICATE", c->der);
	path_join(path, sizeof(path), home, name);
	r = file_write(path, buf_span(&text), 0644, why);
	buf_free(&text);
	return r;
}

/* A P-384 root (IP 3). The key file first: a certificate without its key would
 * be an anchor for nothing. */
static enum reason
found_root(
    const struct found_options *o, enum ceremony_root root, struct why *why)
{
	struct private_key *key = private_key_generate(KEY_P384);
	char path[PATH_MAX], file[64], name[NAME_TEXT];
	struct certificate_plan plan = { .profile = PROFILE_ROOT,
		.organization = o->organization,
		.common_name = name,
		.not_before = begin_of(o->test),
		.not_after = DER_TIME_FOREVER,
		.spki = private_key_spki(key) };
	uint8_t room[CERTIFICATE_MAX];
	struct certificate c;
	enum reason r;

	common_name(name, o->test, o->organization,
	    root == CEREMONY_IDEVID ? "IDevID Root 1 (software root)"
				    : "Voucher Root 1 (software root)");
	r = issue(&plan, key, NULL, LINT_CA, room, &c, why);
	if (r == REASON_OK) {
		snprintf(
		    file, sizeof(file), "ceremony/%s.key", root_word(root));
		path_join(path, sizeof(path), o->home, file);
		r = private_key_save(key, path, o->passphrase, NULL, why);
	}
	if (r == REASON_OK) {
		snprintf(file, sizeof(file), "anchors/%s.pem", root_word(root));
		r = write_pem(o->home, file, &c, why);
	}
	private_key_free(key);
	return r;
}

/* The web server's key lies there in clear (doc/decisions/005). */
static enum reason
found_tls(const struct found_options *o, struct why *why)
{
	struct private_key *key = private_key_generate(KEY_P256);
	int64_t begin = begin_of(false);
	char path[PATH_MAX], name[NAME_TEXT];
	struct certificate_plan plan = { .profile = PROFILE_TLS_SERVER,
		.organization = o->organization,
		.unit = "software root",
		.common_name = name,
		.not_before = begin_of(o->test),
		.not_after = begin + (int64_t)TLS_DAYS * DAY,
		.spki = private_key_spki(key),
		.host = o->host };
	uint8_t room[CERTIFICATE_MAX];
	struct certificate c;
	enum reason r;

	common_name(name, o->test, o->organization, "MASA");
	if ((r = issue(&plan, key, NULL, LINT_OTHER, room, &c, why)) !=
	    REASON_OK)
		goto out;
	path_join(path, sizeof(path), o->home, "front/tls.key");
	if ((r = private_key_save_plain(key, path, why)) != REASON_OK ||
	    (r = write_pem(o->home, "front/tls.pem", &c, why)) != REASON_OK)
		goto out;
	r = write_pem(o->home, "anchors/tls.pem", &c, why);
out:
	private_key_free(key);
	return r;
}

static enum reason
check_options(const struct found_options *o, struct why *why)
{
	size_t organization = strlen(o->organization);
	size_t host = strlen(o->host);

	if (organization == 0 || organization > 64 ||
	    !utf8_valid(span_str(o->organization)))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "organization: 1 to 64 octets of UTF-8");
	if (named_test(o->organization))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "organization: names in homes for tests begin with TEST");
	if (host == 0 || host > 253 || !text_printable(span_str(o->host)) ||
	    strpbrk(o->host, " /*\"'\\") != NULL)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "host: a DNS name or an address");
	return REASON_OK;
}

static enum reason
check_fresh(const char *home, struct why *why)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), home, "anchors/idevid-root.pem");
	if (access(path, F_OK) != 0)
		return REASON_OK;
	return why_set(why, REASON_HOME_INVALID, -1,
	    "%s: this home has a root already", path);
}

enum reason
ceremony_found(const struct found_options *o, struct why *why)
{
	enum reason r;

	if ((r = check_options(o, why)) != REASON_OK ||
	    (r = check_fresh(o->home, why)) != REASON_OK ||
	    (r = make_folder(o->home, "ceremony", 0700, why)) != REASON_OK ||
	    (r = make_folder(o->home, "anchors", 0755, why)) != REASON_OK ||
	    (r = make_folder(o->home, "front", 0700, why)) != REASON_OK ||
	    (r = found_tls(o, why)) != REASON_OK ||
	    (r = found_root(o, CEREMONY_VOUCHER, why)) != REASON_OK)
		return r;
	return found_root(o, CEREMONY_IDEVID, why);
}
