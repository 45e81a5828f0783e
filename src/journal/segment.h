/*
 * Segments and frames (inside of journal/). A segment is DIR/00000001.seg, ...,
 * always of its full size; behind its last group it holds zeros.
 *
 *   "HLJ1" | group number 8 | payload length 4 | SHA-256 of number, length and
 *   payload 32 | payload | zeros to a multiple of 8
 *
 * The payload is records back to back, each with a 4-octet length. All numbers
 * are big endian. Group numbers run on from segment to segment.
 */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include "base/reason.h"
#include "base/buf.h"

#define FRAME_HEADER 48
#define FRAME_MAGIC  "HLJ1"

/* A segment read into memory. */
struct segment {
	unsigned number;
	uint8_t *bytes; /* owned */
	size_t size;
	size_t last;	     /* where the last whole group begins */
	size_t end;	     /* behind the last whole group */
	size_t dirty;	     /* behind the last octet that is not zero */
	uint64_t last_group; /* its number, 0 if there is no whole group */
};

/*
 * Reads and checks the frames. What stands behind the last whole group is a
 * torn group (dirty > end). JOURNAL_DAMAGED if a whole group follows such
 * damage, or numbers have a gap.
 */
MUST_USE enum reason segment_read(
    int dir, unsigned number, struct segment *out, struct why *why);
void segment_free(struct segment *s);
/* The next group at *offset, which moves behind it; false at the end. */
bool segment_group(const struct segment *s, size_t *offset, uint64_t *number,
    struct span *payload);
/* Takes the next record off a payload; false if none or malformed: then
 * payload->len tells which. */
bool payload_record(struct span *payload, struct span *record);

/* Fills the header of a group whose payload stands at frame + FRAME_HEADER. */
void frame_seal(uint8_t *frame, uint64_t number, size_t payload_len);
/* Octets that a frame takes in the segment. */
size_t frame_size(size_t payload_len);

/* Name of a segment, "00000001.seg". */
#define SEGMENT_NAME_SIZE 16
void segment_name(char out[SEGMENT_NAME_SIZE], unsigned number);
/* The highest segment of a directory, 0 if none; -1 with errno. */
long segment_highest(int dir);
/* Writes a segment of zeros, with first (may be empty) at its begin, so that a
 * crash leaves the whole of it or nothing; syncs file and directory. */
MUST_USE enum reason segment_make(
    int dir, unsigned number, size_t size, struct span first, struct why *why);
/* Sequence of the first record of a segment, 0 if it has no whole group. */
uint64_t segment_first_sequence(int dir, unsigned number);

/* The refusal of all of journal/: names segment and offset. */
enum reason segment_damaged(
    struct why *why, unsigned number, size_t offset, const char *what);
bool write_at(int fd, struct span bytes, size_t offset);

#endif
