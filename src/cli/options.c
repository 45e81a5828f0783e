/* Options, usage and exit messages, see cli.h. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

#define OPTIONS_MAX 32

static void
print_synopsis(FILE *to, const struct verb *v)
{
	const char *line = v->synopsis, *end;
	bool first = true;

	fprintf(to, "%shallmark %s%s%s", to == stdout ? "" : "usage: ", v->noun,
	    v->verb == NULL || *v->verb == '\0' ? "" : " ",
	    v->verb == NULL ? "" : v->verb);
	for (; line != NULL && *line != '\0'; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		fprintf(to, "%s%.*s", first ? " " : "\n           ",
		    (int)(end - line), line);
		first = false;
	}
	fputc('\n', to);
}

void
verb_usage(const struct cli *c, int to_stdout)
{
	FILE *to = to_stdout ? stdout : stderr;
	bool known = false;
	size_t i;

	for (i = 0; i < verbs_len; i++) {
		if (strcmp(verbs[i].noun, c->noun) != 0 ||
		    (c->verb != NULL && verbs[i].verb != NULL &&
			strcmp(verbs[i].verb, c->verb) != 0))
			continue;
		print_synopsis(to, &verbs[i]);
		if (to_stdout)
			fprintf(to, "        %s\n", verbs[i].about);
		known = true;
	}
	if (!known)
		fprintf(to, "hallmark --help lists nouns and verbs\n");
}

int
usage_error(const struct cli *c, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "hallmark %s%s%s: ", c->noun,
	    c->verb == NULL ? "" : " ", c->verb == NULL ? "" : c->verb);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	verb_usage(c, false);
	return EXIT_USAGE;
}

/* What is not there or not ready now is worth trying again; a wrong argument is
 * not, nor what is so until an operator has mended it: a service that ends with 3
 * is started again and again. */
static int
exit_code_of(enum reason r)
{
	if (r == REASON_ADMIN_ARGUMENT)
		return EXIT_USAGE;
	if (r == REASON_HOME_INVALID || r == REASON_STORE_SCHEMA ||
	    r == REASON_JOURNAL_DAMAGED || r == REASON_USER_MISSING)
		return EXIT_REFUSED;
	return reason_status(r) == 503 ? EXIT_UNAVAILABLE : EXIT_REFUSED;
}

int
refuse(const struct cli *c, enum reason r, const struct why *why)
{
	char text[600];

	reason_print(text, sizeof(text), r, why);
	fprintf(stderr, "hallmark %s%s%s: %s\n", c->noun,
	    c->verb == NULL ? "" : " ", c->verb == NULL ? "" : c->verb, text);
	return exit_code_of(r);
}

/* What every verb knows. */
static unsigned
common_rows(struct cli *c, struct option_row *rows)
{
	const struct option_row common[] = {
		{ "home", &c->home, NULL, false },
		{ "json", NULL, &c->json, false },
		{ "passphrase-file", &c->passphrase_file, NULL, false },
		{ "passphrase-fd", &c->passphrase_fd, NULL, false },
		{ "help", NULL, &c->help, false },
	};

	memcpy(rows, common, sizeof(common));
	return sizeof(common) / sizeof(common[0]);
}

/* Runs getopt over a table; false where it complained (on stderr). */
static bool
take_all(int argc, char **argv, const char *mode, const struct option_row *rows,
    unsigned len)
{
	struct option table[OPTIONS_MAX + 1] = { 0 };
	int which, at = 0, told;
	unsigned i;

	if (argc > 0)
		argv[0] = program_invocation_short_name; /* getopt says it */

	for (i = 0; i < len; i++) {
		table[i].name = rows[i].name;
		table[i].has_arg =
		    rows[i].text != NULL ? required_argument : no_argument;
		/* All different: else a beginning that two options have in
		 * common would be taken for the first of them. */
		table[i].flag = &told;
		table[i].val = (int)i + 1;
	}
	optind = 0; /* glibc: forget the mode of the last call, too */
	while ((which = getopt_long(argc, argv, mode, table, &at)) != -1) {
		if (which != 0)
			return false;
		if (rows[at].text != NULL)
			*rows[at].text = optarg;
		else
			*rows[at].flag = true;
	}
	return true;
}

/* An option that names nothing is a slip, as of a variable that is not set, and
 * must not mean the home of this host. */
static bool
home_find(struct cli *c)
{
	if (c->home == NULL) {
		c->home = getenv("HALLMARK_HOME");
		if (c->home == NULL || *c->home == '\0')
			c->home = HOME_DEFAULT;
	}
	if (*c->home == '\0')
		fprintf(stderr, "hallmark: --home names no folder\n");
	return *c->home != '\0';
}

int
options_common(struct cli *c, int argc, char **argv)
{
	struct option_row rows[8];
	unsigned len = common_rows(c, rows);

	return take_all(argc, argv, "+", rows, len) ? optind : -1;
}

bool
options_read(struct cli *c, int argc, char **argv,
    const struct option_row *rows, unsigned low, unsigned high)
{
	struct option_row all[OPTIONS_MAX];
	unsigned len = common_rows(c, all), i;

	for (i = 0; rows != NULL && rows[i].name != NULL; i++)
		all[len++] = rows[i];
	if (!take_all(argc, argv, "", all, len)) {
		verb_usage(c, false);
		return false;
	}
	if (c->help) {
		verb_usage(c, true);
		exit(EXIT_DONE);
	}
	if (!home_find(c))
		return false;
	for (i = 0; i < len; i++)
		if (all[i].required && *all[i].text == NULL) {
			usage_error(c, "--%s is missing", all[i].name);
			return false;
		}
	c->operands = argv + optind;
	c->operands_len = (unsigned)(argc - optind);
	if (c->operands_len >= low && c->operands_len <= high)
		return true;
	usage_error(c,
	    c->operands_len < low ? "a word is missing" : "one word too many");
	return false;
}
