/* A journal in a folder of its own, and a copy of its records as the store has it. */
#ifndef TEST_JOURNAL_COPIES_H
#define TEST_JOURNAL_COPIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal/internal.h"
#include "samples.h"

#define COPIES 8000

static char top[64], dir[100];
static struct why why;
static struct {
	uint8_t *bytes;
	size_t len;
} copy[COPIES];
static size_t copied;

static int
make_sized(size_t size)
{
	strcpy(top, "journal-XXXXXX");
	if (mkdtemp(top) == NULL)
		return 1;
	snprintf(dir, sizeof(dir), "%s/journal", top);
	return journal_create_sized(dir, true, SAMPLE_TIME, size, &why) !=
	    REASON_OK;
}

static int
clear(void **state)
{
	char command[100];

	(void)state;
	while (copied > 0)
		free(copy[--copied].bytes);
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static struct journal *
reopen(void)
{
	struct journal *j = NULL;
	enum reason r = journal_open(dir, &j, NULL, NULL, &why);

	if (r != REASON_OK)
		fail_msg("%s: %s", reason_code(r), why.text);
	return j;
}

static enum reason
keep(void *context, const struct record *r, struct span bytes, struct why *w)
{
	(void)context;
	(void)r;
	(void)w;
	assert_true(copied < COPIES);
	copy[copied].bytes = malloc(bytes.len);
	memcpy(copy[copied].bytes, bytes.ptr, bytes.len);
	copy[copied++].len = bytes.len;
	return REASON_OK;
}

static void
ignore(void *context, uint64_t sequence, struct span bytes)
{
	(void)context;
	(void)sequence;
	(void)bytes;
}

/* Takes back what is copied from there on. */
static struct journal *
adopted(uint64_t from)
{
	struct journal *j = reopen();
	size_t i;

	for (i = (size_t)from; i < copied; i++)
		if (journal_adopt(j, span_of(copy[i].bytes, copy[i].len),
			&why) != REASON_OK)
			fail_msg("record %zu: %s", i + 1, why.text);
	assert_int_equal(journal_commit(j, &why), REASON_OK);
	return j;
}

#endif
