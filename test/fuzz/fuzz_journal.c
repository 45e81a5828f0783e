/*
 * A segment as a disk may give it back. An octet 1 at the beginning of the
 * input says that links of records and hashes of frames are to be put right
 * first, as somebody would who rewrites a journal; no mutation would come
 * further than a hash otherwise. Whatever is replayed counts its records one by
 * one, and replaying it again gives the same ledger.
 */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "journal/internal.h"
#include "journal/ledger.h"
#include "scratch.h"

#define SEGMENT_LIMIT 65536

static size_t
number_at(const uint8_t *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
	    p[3];
}

/* Links a record to the one before, if that does not change its length. */
static void
record_join(uint8_t *at, size_t len, uint8_t head[HASH_SIZE], uint64_t *before)
{
	uint8_t again[RECORD_MAX];
	struct record r;
	size_t again_len;

	if (record_read(span_of(at, len), &r, NULL) == REASON_OK) {
		if (*before != 0) {
			memcpy(r.previous, head, HASH_SIZE);
			r.sequence = *before + 1;
		}
		*before = r.sequence;
		if (record_write(&r, again, sizeof(again), &again_len) &&
		    again_len == len)
			memcpy(at, again, len);
	}
	record_hash(span_of(at, len), head);
}

static void
put_right(uint8_t *bytes, size_t size)
{
	uint8_t head[HASH_SIZE] = { 0 };
	uint64_t before = 0, group = 1;
	size_t at = 0, i, len, record;

	while (size - at >= FRAME_HEADER &&
	    memcmp(bytes + at, FRAME_MAGIC, 4) == 0) {
		len = number_at(bytes + at + 12);
		if (len == 0 || len > size - at - FRAME_HEADER)
			return;
		for (i = 0; len - i >= 4; i += 4 + record) {
			record = number_at(bytes + at + FRAME_HEADER + i);
			if (record > len - i - 4 || record > RECORD_MAX)
				break;
			record_join(bytes + at + FRAME_HEADER + i + 4, record,
			    head, &before);
		}
		frame_seal(bytes + at, group++, len);
		if (frame_size(len) > size - at)
			return;
		at += frame_size(len);
	}
}

static enum reason
record_count(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	uint64_t *last = context;

	(void)why;
	require(*last == 0 || r->sequence == *last + 1);
	require(bytes.len <= RECORD_MAX);
	*last = r->sequence;
	return REASON_OK;
}

static uint64_t
replay(const struct segment *s)
{
	struct ledger once, again;
	uint64_t last = 0, digest = 0;
	struct why why;

	ledger_init(&once);
	ledger_init(&again);
	if (segment_replay(s, &once, 1, record_count, &last, &why) ==
	    REASON_OK) {
		require(last == once.sequence);
		require(segment_replay(s, &again, 1, NULL, NULL, &why) ==
		    REASON_OK);
		require(memcmp(once.head, again.head, HASH_SIZE) == 0);
		digest = digest_add(ACCEPTED, once.head, HASH_SIZE);
	}
	ledger_free(&once);
	ledger_free(&again);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static uint8_t room[SEGMENT_LIMIT];
	struct segment s;
	uint64_t digest = 0;
	int dir;

	if (len == 0 || --len > sizeof(room))
		return 0;
	memcpy(room, bytes + 1, len);
	if (bytes[0] == 1)
		put_right(room, len);
	scratch_write("00000001.seg", span_of(room, len));
	dir = open(scratch_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(dir >= 0);
	if (segment_read(dir, 1, &s, NULL) == REASON_OK) {
		require(s.end <= s.dirty && s.dirty <= s.size);
		digest = replay(&s);
		segment_free(&s);
	}
	close(dir);
	return digest;
}
