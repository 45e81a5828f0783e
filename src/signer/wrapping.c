/* The folders beside the keys, and new wrapping keys. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "signer/signer.h"

#define WRAPPING_SIZE (WRAPPING_TEXT / 2)

enum reason
folder_sync(const char *path, struct why *why)
{
	return file_sync_folder(path) ? REASON_OK
				      : why_set(why, REASON_HOME_INVALID, -1,
					    "%s: %s", path, strerror(errno));
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
	secret_new(&text, WRAPPING_TEXT + 1);
	random_bytes(octets.ptr, octets.len);
	hex_encode((char *)text.ptr, span_of(octets.ptr, octets.len));
	(void)unlink(path); /* of an interrupted creation */
	r = file_write_new(path, span_of(text.ptr, WRAPPING_TEXT), 0600, why);
	secret_free(&octets);
	secret_free(&text);
	return r;
}
