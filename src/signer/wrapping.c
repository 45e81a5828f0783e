/*
 * A key's file opens with the passphrase and with a wrapping key of its own, which
 * lies in another folder that no backup takes (architecture 3): when that is
 * erased, the file is of no use, wherever copies of it are.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "signer/signer.h"

#define WRAPPING_SIZE 32
#define HEX_TEXT      (2 * WRAPPING_SIZE)

enum reason
folder_sync(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? REASON_OK : REASON_HOME_INVALID;
}

enum reason
folder_make(const struct signer *s, const char *name, struct why *why)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), s->root, name);
	if (mkdir(path, 0700) == 0)
		return folder_sync(s->root, why);
	return errno == EEXIST ? REASON_OK
			       : why_set(why, REASON_HOME_INVALID, -1, "%s: %s",
				     path, strerror(errno));
}

enum reason
wrapping_new(const struct signer *s, const char *name, struct why *why)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct secret octets, text;
	enum reason r;

	path_join(folder, sizeof(folder), s->root, "wrapping");
	key_path(path, folder, name, "key");
	secret_new(&octets, WRAPPING_SIZE);
	secret_new(&text, HEX_TEXT + 1);
	random_bytes(octets.ptr, octets.len);
	hex_encode((char *)text.ptr, span_of(octets.ptr, octets.len));
	(void)unlink(path); /* of an interrupted creation */
	r = file_write_new(path, span_of(text.ptr, HEX_TEXT), 0600, why);
	secret_free(&octets);
	secret_free(&text);
	return r;
}

enum reason
wrapping_open(const char *folder, const char *name,
    const struct secret *passphrase, struct secret *out, struct why *why)
{
	char path[PATH_MAX];
	struct secret key, hash;
	int fd;

	key_path(path, folder, name, "key");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	if (!secret_read_fd(&key, fd, HEX_TEXT)) {
		close(fd);
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%s is no wrapping key", path);
	}
	close(fd);
	secret_new(&hash, HASH_SIZE);
	hmac_sha256(span_of(key.ptr, key.len),
	    span_of(passphrase->ptr, passphrase->len), hash.ptr);
	secret_free(&key);
	secret_new(out, HEX_SIZE(HASH_SIZE));
	hex_encode((char *)out->ptr, span_of(hash.ptr, HASH_SIZE));
	out->len--; /* without its terminator */
	secret_free(&hash);
	return REASON_OK;
}
