/* See given.h. */
#include "given.h"

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"

struct given given[GIVEN_MAX];
unsigned given_len;

enum reason __wrap_file_read(
    const char *path, struct buf *out, size_t cap, struct why *why);
enum reason __wrap_file_read_regular(
    const char *path, struct buf *out, size_t cap, struct why *why);

static bool
name_good(const char *name)
{
	size_t len;

	for (;; name += len + 1) {
		len = strcspn(name, "/");
		if (len == 0 || (len <= 2 && strspn(name, ".") >= len))
			return false;
		if (name[len] == '\0')
			return true;
	}
}

/* Is one of them a folder that the other lies in, or the same? */
static bool
in_the_way(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return memcmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/') &&
	    (b[n] == '\0' || b[n] == '/');
}

static struct given *
add(struct span name)
{
	struct given *g = &given[given_len];
	unsigned i;

	if (given_len == GIVEN_MAX ||
	    !text_copy(g->name, sizeof(g->name), name) ||
	    strlen(g->name) != name.len || !name_good(g->name))
		return NULL;
	for (i = 0; i < given_len; i++)
		if (in_the_way(given[i].name, g->name))
			return NULL;
	g->bytes = span_of("", 0);
	given_len++;
	return g;
}

void
given_read(struct span input)
{
	const uint8_t *begin, *next, *line, *end = input.ptr + input.len;
	struct given *g;

	given_len = 0;
	next = memmem(input.ptr, input.len, "\x1e\x1e", 2);
	while (next != NULL) {
		begin = next + 2;
		next = memmem(begin, (size_t)(end - begin), "\x1e\x1e", 2);
		line = memchr(
		    begin, '\n', (size_t)((next == NULL ? end : next) - begin));
		if (line == NULL)
			continue;
		g = add(span_of(begin, (size_t)(line - begin)));
		if (g != NULL)
			g->bytes = span_of(line + 1,
			    (size_t)((next == NULL ? end : next) - line) - 1);
	}
}

struct given *
given_find(const char *name)
{
	unsigned i;

	for (i = 0; i < given_len; i++)
		if (strcmp(given[i].name, name) == 0)
			return &given[i];
	return NULL;
}

struct given *
given_add(const char *name)
{
	struct given *g = given_find(name);

	return g != NULL ? g : add(span_str(name));
}

const char *
given_name(const char *path)
{
	size_t len = strlen(GIVEN_FOLDER);

	if (strncmp(path, GIVEN_FOLDER, len) != 0)
		return NULL;
	return path[len] == '/' ? path + len + 1
	    : path[len] == '\0' ? path + len
				: NULL;
}

enum reason
__wrap_file_read(const char *path, struct buf *out, size_t cap, struct why *why)
{
	const char *name = given_name(path);
	const struct given *g = given_find(name == NULL ? path : name);

	buf_init(out, cap);
	if (g == NULL || g->bytes.len > cap)
		return why_set(why, REASON_FILE_UNREADABLE, -1, "%s: %s", path,
		    g == NULL ? "is not there" : "too long");
	if (g->bytes.len == 0)
		return REASON_OK;
	out->ptr = memory_new(g->bytes.len);
	out->len = out->room = g->bytes.len;
	memcpy(out->ptr, g->bytes.ptr, out->len);
	return REASON_OK;
}

enum reason
__wrap_file_read_regular(
    const char *path, struct buf *out, size_t cap, struct why *why)
{
	return __wrap_file_read(path, out, cap, why);
}
