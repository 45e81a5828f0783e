/* Files of the customer's side, see registrar.h. */
#include "registrar/registrar.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "envelope/pem.h"

#define PASSPHRASE_MAX 1024

static enum reason
take_certificate(struct certificate_file *f, struct span der, const char *path,
    struct why *why)
{
	if (f->len == PATH_POOL_MAX)
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s: more than %d certificates", path, PATH_POOL_MAX);
	return certificate_read(der, &f->list[f->len++], why);
}

/* Every PEM block CERTIFICATE of text; other text between them is passed. */
static enum reason
take_blocks(struct certificate_file *f, struct span text, const char *path,
    struct why *why)
{
	size_t offset = 0, used = 0, len;
	enum reason r;

	while (pem_next(text, &offset, "CERTIFICATE", f->der + used, &len)) {
		r = take_certificate(f, span_of(f->der + used, len), path, why);
		if (r != REASON_OK)
			return r;
		used += len;
	}
	if (f->len == 0)
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s holds no certificate", path);
	return REASON_OK;
}

enum reason
certificates_load(
    struct certificate_file *out, const char *path, struct why *why)
{
	struct buf text;
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = file_read(path, &text, FILE_MAX, why)) != REASON_OK)
		return r;
	/* A block is decoded behind those before it, and pem_next() may need as
	 * much room as the whole text. */
	out->der = memory_new(2 * text.len + 1);
	if (text.len > 0 && text.ptr[0] == 0x30) {
		memcpy(out->der, text.ptr, text.len);
		r = take_certificate(
		    out, span_of(out->der, text.len), path, why);
	} else {
		r = take_blocks(out, buf_span(&text), path, why);
	}
	buf_free(&text);
	return r;
}

void
certificates_free(struct certificate_file *f)
{
	free(f->der);
	f->der = NULL;
	f->len = 0;
}

static enum reason
passphrase_load(struct secret *out, const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && secret_read_fd(out, fd, PASSPHRASE_MAX);

	if (fd >= 0)
		close(fd);
	return good ? REASON_OK
		    : why_set(why, REASON_FILE_UNREADABLE, -1,
			  "%s: no passphrase can be read", path);
}

enum reason
key_load(struct private_key **out, const char *path,
    const char *passphrase_path, struct why *why)
{
	struct secret passphrase = { 0 };
	struct buf text;
	enum reason r;

	*out = NULL;
	if (passphrase_path != NULL &&
	    (r = passphrase_load(&passphrase, passphrase_path, why)) !=
		REASON_OK)
		return r;
	if ((r = file_read(path, &text, FILE_MAX, why)) == REASON_OK) {
		r = private_key_read(out, buf_span(&text),
		    passphrase_path == NULL ? NULL : &passphrase, why);
		if (text.ptr != NULL)
			secret_wipe(text.ptr, text.len);
		buf_free(&text);
	}
	if (passphrase_path != NULL)
		secret_free(&passphrase);
	return r;
}

enum reason
anchor_load(uint8_t *room, struct span *spki, const char *path, struct why *why)
{
	const struct public_key *key;
	struct certificate c;
	struct buf text;
	size_t len, offset = 0;
	enum reason r;

	if ((r = file_read(path, &text, FILE_MAX, why)) != REASON_OK)
		return r;
	if (pem_next(buf_span(&text), &offset, "PUBLIC KEY", room, &len)) {
		*spki = span_of(room, len);
	} else if (pem_or_der(
		       buf_span(&text), "CERTIFICATE", room, FILE_MAX, &len)) {
		r = certificate_read(span_of(room, len), &c, why);
		if (r == REASON_OK)
			*spki = c.spki;
	} else {
		r = why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%s holds neither one certificate nor a public key", path);
	}
	if (r == REASON_OK)
		r = public_key_get(*spki, &key, why);
	buf_free(&text);
	return r;
}

enum reason
time_option(const char *text, int64_t *out, struct why *why)
{
	*out = clock_now();
	if (text == NULL || date_parse(span_str(text), out))
		return REASON_OK;
	return why_set(why, REASON_DATE_MALFORMED, -1,
	    "%s is not like 2026-01-31T23:59:59Z", text);
}

enum reason
nonce_option(const char *text, char out[NONCE_MAX + 1], struct why *why)
{
	if (strlen(text) >= NONCE_MIN && text_printable(span_str(text)) &&
	    text_copy(out, NONCE_MAX + 1, span_str(text)))
		return REASON_OK;
	return why_set(why, REASON_NONCE_LENGTH, -1, "--nonce");
}

enum reason
object_load(struct buf *out, const char *path, size_t max, struct why *why)
{
	enum reason r = file_read(path, out, max, why);
	struct span object;
	uint8_t *room;

	if (r != REASON_OK)
		return r;
	room = memory_new(out->len + 1);
	object = object_unwrap(buf_span(out), room);
	if (object.ptr == room) {
		memcpy(out->ptr, room, object.len);
		out->len = object.len;
	}
	free(room);
	return REASON_OK;
}
