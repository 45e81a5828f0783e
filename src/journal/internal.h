/* Shared by the files of journal/, and by its tests. */
#ifndef JOURNAL_INTERNAL_H
#define JOURNAL_INTERNAL_H

#include "journal/journal.h"
#include "journal/segment.h"

/* A journal whose first checkpoint goes on where a ledger ended. */
MUST_USE enum reason journal_create_after(const char *dir,
    const struct ledger *old, uint64_t skip, int64_t now, struct why *why);
/* Applies all records of a segment to a ledger; call (may be NULL) gets those
 * from a sequence on. JOURNAL_DAMAGED with segment and offset. */
MUST_USE enum reason segment_replay(const struct segment *s,
    struct ledger *ledger, uint64_t from, record_call call, void *context,
    struct why *why);

#endif
