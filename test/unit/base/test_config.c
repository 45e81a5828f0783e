/* hallmark.ini: what is taken, what is refused and how it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/config.h"
#include "../folder.h"

static struct config c;
static struct why why;

static enum reason
reading(const char *text)
{
	enum reason r;

	put("hallmark.ini", text);
	r = config_read(folder, &c, &why);
	unlink(inside("hallmark.ini"));
	return r;
}

static void
defaults_stand_where_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(reading("# nothing\n[masa]\n[manufacturer]\n"
				 "organization = x\n"),
	    REASON_OK);
	assert_string_equal(c.listen, "127.0.0.1:8443");
	assert_int_equal(c.client, CLIENT_REQUIRED);
	assert_false(c.test);
	assert_int_equal(c.legacy, legacy_defaults());
	assert_false(c.revocation_required);
	assert_int_equal(c.fronts, 1);
	assert_int_equal(c.connections, 4096);
	assert_int_equal(c.rate_client, 50);
	assert_int_equal(c.rate_prefix, 200);
	assert_int_equal(c.rate_known, 500);
	assert_int_equal(c.rate_handshake, 50);
	assert_int_equal(c.max_age, 86400);
	assert_int_equal(c.max_ahead, 300);
	assert_int_equal(c.keep_requests, 30);
}

static void
what_is_printed_is_read_again(void **state)
{
	struct config given;
	char text[2000];

	(void)state;
	config_defaults(&given);
	snprintf(given.organization, sizeof(given.organization),
	    "Acme # 1 = \"Devices\"");
	snprintf(given.listen, sizeof(given.listen), "[::1]:443");
	given.test = given.revocation_required = true;
	given.legacy = LEGACY(LEGACY_BASE64) | LEGACY(LEGACY_MEDIA_JOSE);
	given.client = CLIENT_OPTIONAL;
	given.fronts = 3;
	given.connections = 60000;
	given.rate_client = 0;
	given.rate_prefix = 7;
	given.rate_known = RATE_MAX;
	given.rate_handshake = 9;
	given.max_age = 60;
	given.max_ahead = 0;
	config_print(&given, text, sizeof(text));
	assert_int_equal(reading(text), REASON_OK);
	assert_memory_equal(&c, &given, sizeof(c));
}

static void
faults_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text;
		long line;
		const char *words;
	} rows[] = {
		{ "[masa]\nfront = 1\n", 2, "front = 1: unknown name" },
		{ "[masa]\n\norganization = x\n", 3, "unknown name" },
		{ "fronts = 1\n", 1, "unknown name" },
		{ "[station]\nfronts = 1\n", 2, "[station]" },
		{ "[masa]\nfronts = 0\n", 2, "fronts = 0: takes 1 to 16" },
		{ "[masa]\nfronts = 17\n", 2, "1 to 16" },
		{ "[masa]\nfronts = 1x\n", 2, "1 to 16" },
		{ "[masa]\nfronts =\n", 2, "1 to 16" },
		{ "[masa]\nmax-age = 59\n", 2, "60 to 31536000" },
		{ "[masa]\nlegacy-paths = true\n", 2, "yes or no" },
		{ "[manufacturer]\nroot-keys = ja\n", 2, "yes or no" },
		{ "[masa]\nlegacy-base64 = no\nlegacy-base64 = yes\n", 3,
		    "given twice" },
		{ "[masa]\nlegacy-unattributed = yes\n", 2, "unknown name" },
		{ "[masa]\nlegacy- = yes\n", 2, "unknown name" },
		{ "[manufacturer]\nlegacy-paths = yes\n", 2, "unknown name" },
		{ "[masa]\nclient-certificate = no\n", 2,
		    "none, optional or required" },
		{ "[masa]\nfronts = 1\nfronts = 2\n", 3, "given twice" },
		{ "[masa]\nlisten = a\n  b\n", 3, "given twice" },
		{ "[masa]\nbase-path = masa\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a/\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a//b\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a/../b\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a/.\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a%20b\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a,\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /a, /b\n", 2, "at most 4 paths" },
		{ "[masa]\nbase-path = /1,/2,/3,/4,/5\n", 2,
		    "at most 4 paths" },
		{ "[masa]\nnonsense\n", 2, "line 2 is no name = value" },
		{ "[masa\n", 1, "line 1 is no name = value" },
		{ "[manufacturer]\norganization = caf\xc3\xa9\n", 2,
		    "at most 64 characters" },
		{ "[manufacturer]\norganization = "
		  "0123456789012345678901234567890123456789"
		  "0123456789012345678901234\n",
		    2, "at most 64 characters of ASCII" },
		{ "[masa]\nfronts = 0\nfronts = x\n", 2, "fronts = 0:" },
		{ "\n[masa]\nfronts = 0\n", 3, "line 3: [masa] fronts" },
		/* What was emptied or cut off is no file of defaults. */
		{ "", -1, "organization is missing" },
		{ "[masa]\nfronts = 1\n", -1, "organization is missing" },
		{ "[manufacturer]\norganization =\n", -1, "is missing" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (reading(rows[i].text) != REASON_HOME_INVALID ||
		    why.offset != rows[i].line ||
		    strstr(why.text, rows[i].words) == NULL)
			fail_msg("row %zu: %ld %s", i, why.offset, why.text);
}

static const char *
repeated(const char *before, char what, int times, const char *after)
{
	static char text[1000];
	int n = snprintf(text, sizeof(text), "%s", before);

	memset(text + n, what, (size_t)times);
	snprintf(
	    text + n + times, sizeof(text) - (size_t)(n + times), "%s", after);
	return text;
}

/* inih would read the rest of a long line as one more, and the wrong one be told. */
static void
long_lines(void **state)
{
	static const char head[] = "[manufacturer]\norganization = x\n";
	char before[60];

	(void)state;
	snprintf(before, sizeof(before), "%s#", head);
	assert_int_equal(
	    reading(repeated(before, '-', 198, "\n[masa]\nfronts = 2\n")),
	    REASON_OK);
	assert_int_equal(c.fronts, 2);
	assert_int_equal(reading(repeated(before, '-', 198, "")), REASON_OK);
	assert_int_equal(
	    reading(repeated(before, '-', 199, "[masa]\nfronts = 2\n")),
	    REASON_HOME_INVALID);
	assert_int_equal(why.offset, 3);
	assert_string_equal(why.text, "hallmark.ini: line 3: over 199 octets");
	assert_int_equal(
	    reading(repeated(before, '-', 199, "")), REASON_HOME_INVALID);
	/* The first fault is told. */
	snprintf(before, sizeof(before), "[masa]\nfronts = 0\n#");
	assert_int_equal(
	    reading(repeated(before, '-', 199, "\n")), REASON_HOME_INVALID);
	assert_int_equal(why.offset, 2);
	/* A value that would be printed on too long a line. */
	assert_int_equal(reading(repeated("[masa]\nlisten=", 'x', 181, "\n")),
	    REASON_HOME_INVALID);
	assert_non_null(strstr(why.text, "takes at most 180 characters"));
}

/* R-3.12: a manufacturer has more of them than a line has room for. */
static void
names_on_several_lines(void **state)
{
	static const char head[] = "[manufacturer]\norganization = x\n[masa]\n";
	struct config before;
	char text[2000];
	unsigned i;

	(void)state;
	snprintf(text, sizeof(text),
	    "%snames = a , b:8443\nfronts = 2\n"
	    "names = c\nnames = d,\n  e\n",
	    head);
	assert_int_equal(reading(text), REASON_OK);
	assert_string_equal(c.names, "a,b:8443,c,d,e");
	before = c;
	config_print(&before, text, sizeof(text));
	assert_int_equal(reading(text), REASON_OK);
	assert_memory_equal(&c, &before, sizeof(c));
	snprintf(text, sizeof(text), "%s", head);
	for (i = 0; i < 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "names = masa-%02u.example.com\n", i);
	assert_int_equal(reading(text), REASON_OK);
	assert_int_equal(strlen(c.names), 12 * 20 - 1);
	before = c;
	config_print(&before, text, sizeof(text));
	assert_int_equal(reading(text), REASON_OK);
	assert_memory_equal(&c, &before, sizeof(c));
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
	    "[masa]\nnames = 123456789012345\n");
	assert_int_equal(reading(text), REASON_OK); /* 255 */
	snprintf(
	    text + strlen(text), sizeof(text) - strlen(text), "names = 1\n");
	assert_int_equal(reading(text), REASON_HOME_INVALID);
	/* As long as its line may be. */
	snprintf(text, sizeof(text), "%snames=%0193u\n", head, 1u);
	assert_int_equal(reading(text), REASON_OK);
	assert_int_equal(strlen(c.names), 193);
	/* No name at all is not "nothing is said". */
	snprintf(text, sizeof(text), "%snames = ,\n", head);
	assert_int_equal(reading(text), REASON_HOME_INVALID);
	snprintf(text, sizeof(text), "%snames = a,,b\n", head);
	assert_int_equal(reading(text), REASON_HOME_INVALID);
}

static void
no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(config_read(folder, &c, &why), REASON_HOME_INVALID);
	assert_non_null(strstr(why.text, "hallmark.ini: No such file"));
}

static void
texts_that_would_not_come_back_are_known(void **state)
{
	(void)state;
	assert_true(config_text_valid("Acme Devices, Inc. # 1", 65));
	assert_true(config_text_valid("", 65));
	assert_false(config_text_valid("Acme ; Devices", 65));
	assert_false(config_text_valid(" Acme", 65));
	assert_false(config_text_valid("Acme ", 65));
	assert_false(config_text_valid("Ac\nme", 65));
	assert_false(config_text_valid("Acme", 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_stand_where_nothing_is_said),
		cmocka_unit_test(what_is_printed_is_read_again),
		cmocka_unit_test(faults_are_refused_with_their_line),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(names_on_several_lines),
		cmocka_unit_test(no_file_is_refused),
		cmocka_unit_test(texts_that_would_not_come_back_are_known),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
