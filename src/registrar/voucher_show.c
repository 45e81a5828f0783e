/* voucher show: what a voucher says, with its signature checked against the
 * certificates that it brings, and no anchor. */
#include "registrar/registrar.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "registrar/show.h"

static enum reason
show(const char *path, bool json, bool old, struct why *why)
{
	struct judgement *j = memory_new(sizeof(*j));
	struct judge_facts facts = { .requests = true, .est_domain_2466 = old };
	uint8_t *arena = NULL;
	struct buf voucher;
	enum reason r;

	if ((r = object_load(&voucher, path, FILE_MAX, why)) != REASON_OK) {
		free(j);
		return r;
	}
	arena = memory_new(JUDGE_ARENA(voucher.len));
	facts.voucher = buf_span(&voucher);
	if ((r = voucher_examine(&facts, arena, j, why)) == REASON_OK)
		voucher_print(j, json);
	buf_free(&voucher);
	free(arena);
	free(j);
	return r;
}

enum exit_code
voucher_show(int argc, char **argv)
{
	const char *path = NULL;
	bool json = false, old = false;
	const struct option_row rows[] = {
		{ "legacy-est-domain", NULL, &old, false },
		{ "json", NULL, &json, false },
		{ 0 },
	};
	struct why why;
	enum reason r;

	if (options_read(argc, argv, rows, &path, 1) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	r = show(path, json, old, &why);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}
