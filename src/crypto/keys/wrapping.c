/*
 * An issuing CA's file opens with the passphrase and with a wrapping key of its own,
 * which lies in another folder that no backup takes (architecture 3): when that is
 * erased, the file is of no use, wherever copies of it are.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "crypto/hash/hash.h"
#include "crypto/keys/private_key.h"

enum reason
wrapping_open(const char *folder, const char *name,
    const struct secret *passphrase, struct secret *out, struct why *why)
{
	char path[PATH_MAX];
	struct secret key, hash;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s.key", folder, name) >=
	    (int)sizeof(path))
		fatal("a path is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	if (!secret_read_fd(&key, fd, WRAPPING_TEXT)) {
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
