/* The words of verdicts, see verdict.def. */
#include "pledge/pledge.h"

static const struct {
	const char *code, *clause, *sentence;
} verdicts[] = {
#define VERDICT(id, code, clause, sentence) { code, clause, sentence },
#include "pledge/verdict.def"
#undef VERDICT
};

#define VERDICTS (sizeof(verdicts) / sizeof(verdicts[0]))

static size_t
row_of(enum pledge_verdict v)
{
	return (size_t)v < VERDICTS ? (size_t)v : (size_t)PLEDGE_CALL;
}

const char *
pledge_code(enum pledge_verdict v)
{
	return verdicts[row_of(v)].code;
}

const char *
pledge_clause(enum pledge_verdict v)
{
	return verdicts[row_of(v)].clause;
}

const char *
pledge_sentence(enum pledge_verdict v)
{
	return verdicts[row_of(v)].sentence;
}
