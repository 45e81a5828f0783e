/* See judge.h. In a file of its own: jansson and wire/json.h share names. */
#include "judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

const char *
text_at(const char *json, const char *path)
{
	static char out[256];
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *at;
	char words[128], *word, *rest = words;

	assert_non_null(root);
	snprintf(words, sizeof(words), "%s", path);
	for (at = root; (word = strsep(&rest, ".")) != NULL;)
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(word))
				       : json_object_get(at, word);
	if (json_is_string(at))
		snprintf(out, sizeof(out), "%s", json_string_value(at));
	else if (json_is_integer(at))
		snprintf(out, sizeof(out), "%lld",
		    (long long)json_integer_value(at));
	else
		snprintf(out, sizeof(out), "%s",
		    at == NULL		    ? "absent"
			: json_is_true(at)  ? "true"
			: json_is_false(at) ? "false"
			: json_is_null(at)  ? "null"
					    : "something");
	json_decref(root);
	return out;
}
