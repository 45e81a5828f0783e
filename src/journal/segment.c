/* Segments and frames, see segment.h. */
#include "journal/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "crypto/hash/hash.h"
#include "journal/record.h"

#define SEGMENT_SIZE_LIMIT (UINT32_C(1) << 30)

static void
put_number(uint8_t *out, unsigned octets, uint64_t value)
{
	while (octets > 0) {
		out[--octets] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t
get_number(const uint8_t *p, unsigned octets)
{
	uint64_t value = 0;

	while (octets-- > 0)
		value = value << 8 | *p++;
	return value;
}

size_t
frame_size(size_t payload_len)
{
	return (FRAME_HEADER + payload_len + 7) / 8 * 8;
}

static void
frame_hash(const uint8_t *frame, size_t payload_len, uint8_t out[HASH_SIZE])
{
	const struct span pieces[] = {
		span_of(frame + 4, 12),
		span_of(frame + FRAME_HEADER, payload_len),
	};

	hash_pieces(HASH_SHA256, pieces, 2, out);
}

void
frame_seal(uint8_t *frame, uint64_t number, size_t payload_len)
{
	memcpy(frame, FRAME_MAGIC, 4);
	put_number(frame + 4, 8, number);
	put_number(frame + 12, 4, payload_len);
	frame_hash(frame, payload_len, frame + 16);
}

/* A frame whose hash holds, at this place? */
static bool
frame_whole(const struct segment *s, size_t offset, uint64_t *number,
    size_t *payload_len)
{
	const uint8_t *frame = s->bytes + offset;
	uint8_t hash[HASH_SIZE];

	if (s->size - offset < FRAME_HEADER ||
	    memcmp(frame, FRAME_MAGIC, 4) != 0)
		return false;
	*number = get_number(frame + 4, 8);
	*payload_len = (size_t)get_number(frame + 12, 4);
	if (*payload_len == 0 || *payload_len > s->size - offset - FRAME_HEADER)
		return false;
	frame_hash(frame, *payload_len, hash);
	return memcmp(hash, frame + 16, HASH_SIZE) == 0;
}

bool
segment_group(const struct segment *s, size_t *offset, uint64_t *number,
    struct span *payload)
{
	size_t len;

	if (*offset >= s->end || !frame_whole(s, *offset, number, &len))
		return false;
	*payload = span_of(s->bytes + *offset + FRAME_HEADER, len);
	*offset += frame_size(len);
	return true;
}

bool
payload_record(struct span *payload, struct span *record)
{
	size_t len;

	if (payload->len < 4)
		return false;
	len = (size_t)get_number(payload->ptr, 4);
	if (len == 0 || len > RECORD_MAX || len > payload->len - 4)
		return false;
	*record = span_of(payload->ptr + 4, len);
	payload->ptr += 4 + len;
	payload->len -= 4 + len;
	return true;
}

enum reason
segment_damaged(
    struct why *why, unsigned number, size_t offset, const char *what)
{
	return why_set(why, REASON_JOURNAL_DAMAGED, (long)offset,
	    "segment %08u.seg offset %zu: %s", number, offset, what);
}

/* The zeros between two frames must be zeros. */
static bool
padding_clean(const struct segment *s, size_t offset, size_t payload_len)
{
	size_t i = offset + FRAME_HEADER + payload_len;
	size_t end = offset + frame_size(payload_len);

	for (; i < end && i < s->size; i++)
		if (s->bytes[i] != 0)
			return false;
	return true;
}

static bool
begins_with_record(const uint8_t *frame, size_t payload_len)
{
	struct span payload = span_of(frame + FRAME_HEADER, payload_len), bytes;
	struct record record;

	return payload_record(&payload, &bytes) &&
	    record_read(bytes, &record, NULL) == REASON_OK;
}

/* A whole group behind a torn place shows that it is not the last one. A frame
 * without a record is none: the domainID of a stranger's certificate has room
 * for one, and would make a signer refuse its journal after a loss of power. */
static bool
whole_group_behind(const struct segment *s, size_t offset)
{
	uint64_t number;
	size_t len;

	for (offset += 8; offset < s->dirty; offset += 8)
		if (frame_whole(s, offset, &number, &len) &&
		    begins_with_record(s->bytes + offset, len))
			return true;
	return false;
}

static enum reason
segment_check(struct segment *s, struct why *why)
{
	uint64_t number;
	size_t len;

	s->dirty = s->size;
	while (s->dirty > 0 && s->bytes[s->dirty - 1] == 0)
		s->dirty--;
	while (frame_whole(s, s->end, &number, &len)) {
		if (s->last_group != 0 && number != s->last_group + 1)
			return segment_damaged(why, s->number, s->end,
			    "the group number has a gap");
		if (!padding_clean(s, s->end, len))
			return segment_damaged(why, s->number, s->end,
			    "the octets behind the group are not zero");
		s->last_group = number;
		s->last = s->end;
		s->end += frame_size(len);
		if (s->end >= s->size) {
			s->end = s->size;
			break;
		}
	}
	if (s->dirty <= s->end) {
		s->dirty = s->end;
		return REASON_OK;
	}
	if (whole_group_behind(s, s->end))
		return segment_damaged(
		    why, s->number, s->end, "no whole group, but one follows");
	return REASON_OK;
}

static bool
read_all(int fd, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, out, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		out += n;
		len -= (size_t)n;
	}
	return true;
}

enum reason
segment_read(int dir, unsigned number, struct segment *out, struct why *why)
{
	char name[SEGMENT_NAME_SIZE];
	struct stat st;
	enum reason r;
	int fd;

	memset(out, 0, sizeof(*out));
	out->number = number;
	segment_name(name, number);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < FRAME_HEADER || st.st_size > SEGMENT_SIZE_LIMIT) {
		r = segment_damaged(why, number, 0,
		    "the segment is missing or has a wrong size");
		goto out;
	}
	out->size = (size_t)st.st_size;
	out->bytes = memory_new(out->size);
	if (read_all(fd, out->bytes, out->size))
		r = segment_check(out, why);
	else
		r = segment_damaged(why, number, 0, strerror(errno));
	if (r != REASON_OK)
		segment_free(out);
out:
	if (fd >= 0)
		close(fd);
	return r;
}

void
segment_free(struct segment *s)
{
	free(s->bytes);
	memset(s, 0, sizeof(*s));
}

void
segment_name(char out[SEGMENT_NAME_SIZE], unsigned number)
{
	snprintf(out, SEGMENT_NAME_SIZE, "%08u.seg", number % 100000000);
}

/* Only our own names count: eight digits and ".seg". */
static unsigned
number_of_name(const char *name)
{
	char again[SEGMENT_NAME_SIZE];
	unsigned long n = strtoul(name, NULL, 10);

	if (n == 0 || n > 99999999)
		return 0;
	segment_name(again, (unsigned)n);
	return strcmp(name, again) == 0 ? (unsigned)n : 0;
}

long
segment_highest(int dir)
{
	/* A descriptor of its own: fdopendir() would move and close ours. */
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	unsigned n, highest = 0;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((e = readdir(d)) != NULL)
		if ((n = number_of_name(e->d_name)) > highest)
			highest = n;
	closedir(d);
	return (long)highest;
}

bool
write_at(int fd, struct span bytes, size_t offset)
{
	while (bytes.len > 0) {
		ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes.ptr += n;
		bytes.len -= (size_t)n;
		offset += (size_t)n;
	}
	return true;
}

static bool
write_zeros(int fd, size_t size)
{
	static const uint8_t zeros[65536];
	size_t at, n;

	for (at = 0; at < size; at += n) {
		n = size - at < sizeof(zeros) ? size - at : sizeof(zeros);
		if (!write_at(fd, span_of(zeros, n), at))
			return false;
	}
	return true;
}

enum reason
segment_make(
    int dir, unsigned number, size_t size, struct span first, struct why *why)
{
	char name[SEGMENT_NAME_SIZE];
	enum reason r = REASON_OK;
	int fd;

	segment_name(name, number);
	fd = openat(dir, "new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !write_zeros(fd, size) || !write_at(fd, first, 0) ||
	    fsync(fd) != 0 || renameat(dir, "new", dir, name) != 0 ||
	    fsync(dir) != 0) {
		r = why_set(why, REASON_JOURNAL_FULL, -1, "segment %s: %s",
		    name, strerror(errno));
		unlinkat(dir, "new", 0);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* The first group of a file, if it is whole. Owned. */
static uint8_t *
first_group(int fd, size_t *len)
{
	uint8_t header[FRAME_HEADER];
	struct stat st;
	uint8_t *bytes;

	if (fstat(fd, &st) != 0 ||
	    pread(fd, header, FRAME_HEADER, 0) != FRAME_HEADER)
		return NULL;
	*len = (size_t)get_number(header + 12, 4);
	if (st.st_size < FRAME_HEADER ||
	    *len > (size_t)st.st_size - FRAME_HEADER)
		return NULL;
	*len += FRAME_HEADER;
	bytes = memory_new(*len);
	if (pread(fd, bytes, *len, 0) == (ssize_t)*len)
		return bytes;
	free(bytes);
	return NULL;
}

uint64_t
segment_first_sequence(int dir, unsigned number)
{
	struct segment s = { 0 };
	char name[SEGMENT_NAME_SIZE];
	struct record record = { 0 };
	struct span payload, bytes;
	uint64_t group;
	size_t len;
	int fd;

	segment_name(name, number);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return 0;
	s.bytes = first_group(fd, &s.size);
	close(fd);
	if (s.bytes == NULL)
		return 0;
	if (frame_whole(&s, 0, &group, &len)) {
		payload = span_of(s.bytes + FRAME_HEADER, len);
		if (!payload_record(&payload, &bytes) ||
		    record_read(bytes, &record, NULL) != REASON_OK)
			record.sequence = 0;
	}
	free(s.bytes);
	return record.sequence;
}
