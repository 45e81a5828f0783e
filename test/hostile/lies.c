/* What lying programs share, see lies.h. */
#include "lies.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "ipc/spawn.h"

#define OVERSIZE "@long" /* a text that no field of a frame may have */

static const char *lies; /* mapped, LIES_SIZE octets, ends with a NUL */

bool __wrap_message_allowed(enum role from, enum role to, enum message m);
bool __real_peer_send(struct peer *p, enum message type, uint64_t id, int fd);
bool __wrap_peer_send(struct peer *p, enum message type, uint64_t id, int fd);
void __real_cbor_put_string(struct cbor_out *o, const char *text);
void __wrap_cbor_put_string(struct cbor_out *o, const char *text);

__attribute__((constructor)) static void
lies_open(void)
{
	char path[PATH_MAX];
	size_t len;
	int fd;

	program_folder(path, sizeof(path));
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/lies");
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		fatal_errno("%s", path);
	lies = mmap(NULL, LIES_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (lies == MAP_FAILED)
		fatal_errno("mmap");
	close(fd);
}

/* The octets behind WORD and a blank, up to the end of its line. */
static bool
find(const char *word, struct span *value)
{
	const char *line = lies;
	size_t len = strlen(word);

	while (*line != '\0') {
		size_t rest = strcspn(line, "\n");

		if (rest > len && strncmp(line, word, len) == 0 &&
		    line[len] == ' ') {
			*value = span_of(line + len + 1, rest - len - 1);
			return true;
		}
		line += rest + (line[rest] == '\n');
	}
	return false;
}

bool
lie_text(const char *word, char *out, size_t cap)
{
	struct span value;

	if (!find(word, &value))
		return false;
	(void)text_copy(out, cap, value);
	return true;
}

uint64_t
lie_number(const char *word, uint64_t otherwise)
{
	char text[32];

	return lie_text(word, text, sizeof(text)) ? strtoull(text, NULL, 10)
						  : otherwise;
}

static void
tell_number(uint8_t *to, size_t size, struct span value)
{
	char text[32];
	uint64_t n;

	(void)text_copy(text, sizeof(text), value);
	n = strtoull(text, NULL, 10);
	if (size == sizeof(uint8_t))
		*to = (uint8_t)n;
	else if (size == sizeof(uint32_t))
		memcpy(to, &(uint32_t){ (uint32_t)n }, size);
	else if (size == sizeof(uint64_t))
		memcpy(to, &n, size);
	else
		fatal("a number of %zu octets", size);
}

static void
tell_span(struct span *to, struct span value)
{
	static uint8_t room[4][LIES_SIZE / 2];
	static unsigned next;
	size_t len;

	next = (next + 1) % 4;
	if (!hex_decode(room[next], sizeof(room[next]), &len, value))
		fatal("a lie is not hexadecimal");
	*to = span_of(room[next], len);
}

static void
tell(const struct lie_field *f, uint8_t *object, struct span value)
{
	uint8_t *to = object + f->at;
	size_t len;

	if (f->kind == LIE_NUMBER) {
		tell_number(to, f->size, value);
	} else if (f->kind == LIE_SPAN) {
		tell_span((void *)to, value);
	} else {
		memset(to, 0, f->size);
		if (!hex_decode(to, f->size, &len, value))
			fatal("a lie does not fit %s", f->word);
		if (f->length_at != 0)
			object[f->length_at] = (uint8_t)len;
	}
}

void
lies_tell(const struct lie_field *fields, size_t len, void *object)
{
	struct span value;
	size_t i;

	for (i = 0; i < len; i++)
		if (find(fields[i].word, &value))
			tell(&fields[i], object, value);
}

/* Only the honest ask. */
bool
__wrap_message_allowed(enum role from, enum role to, enum message m)
{
	(void)from;
	(void)to;
	(void)m;
	return true;
}

/* How often a frame goes out that the program does not lie about first. */
static uint64_t
times_of(enum message type)
{
	char word[40];

	snprintf(word, sizeof(word), "%s.times", message_name(type));
	return lie_number(word, 1);
}

bool
__wrap_peer_send(struct peer *p, enum message type, uint64_t id, int fd)
{
	uint64_t times = times_of(type);
	bool good;

	if (type == MESSAGE_ANSWER)
		id = lie_number("answer.id", id);
	if (type == lies_about) {
		type = (enum message)lie_number("type", type);
		id = lie_number("id", id);
		times = lie_number("times", 1);
	}
	good = __real_peer_send(p, type, id, fd);
	for (; good && times > 1; times--)
		if (!__real_peer_send(p, type, id, fd))
			break; /* the queue to its peer is full */
	return good;
}

void
__wrap_cbor_put_string(struct cbor_out *o, const char *text)
{
	static char letters[5001];

	if (strcmp(text, OVERSIZE) == 0) {
		memset(letters, 'A', sizeof(letters) - 1);
		text = letters;
	}
	__real_cbor_put_string(o, text);
}
