/* The audit log on the wire (RFC 8995 5.8.1, MP 14.2), read back by jansson. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "model/audit.h"

#define DAY   86400
#define FIRST 1609459200 /* 2021-01-01T00:00:00Z */

static struct audit_event
event(int day, uint8_t domain, const char *nonce)
{
	struct audit_event e = { .date = FIRST + day * DAY,
		.domain_id_len = 20,
		.assertion = ASSERTION_PROXIMITY };

	memset(e.domain_id, domain, 20);
	snprintf(e.nonce, sizeof(e.nonce), "%s", nonce);
	return e;
}

static json_t *
written(const struct audit_event *events, size_t count, size_t cap)
{
	char *room = malloc(cap);
	size_t len = 0;
	json_t *j;

	assert_true(audit_to_json(events, count, 0, room, cap, &len));
	assert_true(len <= cap);
	j = json_loadb(room, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	free(room);
	return j;
}

static long long
truncation(const json_t *log, const char *name)
{
	return json_integer_value(
	    json_object_get(json_object_get(log, "truncation"), name));
}

static void
members(void **state)
{
	struct audit_event events[] = { event(0, 1, ""), event(1, 2, "n-2") };
	json_t *log = written(events, 2, 4096), *e;

	(void)state;
	assert_int_equal(
	    json_integer_value(json_object_get(log, "version")), 1);
	assert_int_equal(json_array_size(json_object_get(log, "events")), 2);
	/* Newest first. */
	e = json_array_get(json_object_get(log, "events"), 0);
	assert_string_equal(json_string_value(json_object_get(e, "date")),
	    "2021-01-02T00:00:00Z");
	assert_string_equal(
	    json_string_value(json_object_get(e, "nonce")), "n-2");
	assert_string_equal(json_string_value(json_object_get(e, "domainID")),
	    "AgICAgICAgICAgICAgICAgICAgI=");
	assert_string_equal(
	    json_string_value(json_object_get(e, "assertion")), "proximity");
	assert_null(json_object_get(e, "truncated"));
	e = json_array_get(json_object_get(log, "events"), 1);
	assert_true(json_is_null(json_object_get(e, "nonce")));
	assert_int_equal(truncation(log, "nonced duplicates"), 0);
	assert_int_equal(
	    json_object_size(json_object_get(log, "truncation")), 3);
	json_decref(log);
}

/* Per domainID the newest nonced and the newest nonceless event stay. */
static void
reduction(void **state)
{
	struct audit_event events[] = { event(0, 1, "a"), event(1, 1, ""),
		event(2, 2, "b"), event(3, 1, "c"), event(4, 1, "d"),
		event(5, 1, "") };
	json_t *log = written(events, 6, 4096);
	json_t *list = json_object_get(log, "events");

	(void)state;
	assert_int_equal(json_array_size(list), 3);
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(list, 0), "truncated")),
	    1);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(list, 1), "nonce")),
	    "d");
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(list, 1), "truncated")),
	    2);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(list, 2), "nonce")),
	    "b");
	assert_int_equal(truncation(log, "nonced duplicates"), 2);
	assert_int_equal(truncation(log, "nonceless duplicates"), 1);
	assert_int_equal(truncation(log, "arbitrary"), 0);
	json_decref(log);
}

/* Who takes another's identifier for a key of his own is another domain. */
static void
two_keys(void **state)
{
	struct audit_event events[] = { event(0, 1, "a"), event(1, 1, "b"),
		event(2, 1, "c") };
	json_t *log, *list;

	(void)state;
	memset(events[1].pin_spki_sha256, 7, HASH_SIZE);
	log = written(events, 3, 4096);
	list = json_object_get(log, "events");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(list, 1), "nonce")),
	    "b");
	assert_null(json_object_get(json_array_get(list, 1), "truncated"));
	assert_int_equal(truncation(log, "nonced duplicates"), 1);
	json_decref(log);
}

static void
saturation(void **state)
{
	static struct audit_event events[1400];
	json_t *log;
	int i;

	(void)state;
	for (i = 0; i < 1400; i++)
		events[i] = event(i, 1, "n");
	log = written(events, 1400, 4096);
	assert_int_equal(truncation(log, "nonced duplicates"), 1024);
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(json_object_get(log, "events"), 0),
			     "truncated")),
	    1024);
	json_decref(log);
}

static const char *
date_of(const json_t *log, size_t n)
{
	return json_string_value(json_object_get(
	    json_array_get(json_object_get(log, "events"), n), "date"));
}

/* Over the cap the oldest go, are counted, and as many stay as fit. */
static void
cap(void **state)
{
	struct audit_event events[100];
	json_t *log, *more, *all;
	size_t n, size;

	(void)state;
	for (n = 0; n < 100; n++)
		events[n] = event((int)n, (uint8_t)n, "n");
	all = written(events, 100, 65536);
	assert_true(strcmp(date_of(all, 0), date_of(all, 99)) > 0);
	for (size = 1000; size < 12000; size += 500) {
		log = written(events, 100, size);
		n = json_array_size(json_object_get(log, "events"));
		assert_int_equal(truncation(log, "arbitrary"), 100 - n);
		assert_string_equal(date_of(log, 0), date_of(all, 0));
		assert_string_equal(date_of(log, n - 1), date_of(all, n - 1));
		more = written(events, 100, size + 200);
		assert_true(n > 0 &&
		    (n == 100 ||
			json_array_size(json_object_get(more, "events")) > n));
		json_decref(log);
		json_decref(more);
	}
	json_decref(all);
}

static void
empty(void **state)
{
	json_t *log = written(NULL, 0, 200);
	char room[20];
	size_t len;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(log, "events")), 0);
	json_decref(log);
	assert_false(audit_to_json(NULL, 0, 0, room, sizeof(room), &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(reduction),
		cmocka_unit_test(two_keys),
		cmocka_unit_test(saturation),
		cmocka_unit_test(cap),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
