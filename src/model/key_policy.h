/*
 * What one key may sign (architecture 2, law 2; ): set when the key comes,
 * changed by a record only. Pure rules; what a key has signed so far is counted
 * in the journal's ledger.
 */
#ifndef MODEL_KEY_POLICY_H
#define MODEL_KEY_POLICY_H

#include "base/reason.h"
#include "model/names.h"

/* A set: its members are added. Numbers are for ever. */
enum signed_kind {
	SIGNED_NONCED = 1,    /* vouchers with a nonce */
	SIGNED_NONCELESS = 2, /* vouchers without */
	SIGNED_IDEVID = 4,
	SIGNED_MANIFEST = 8,
};
#define SIGNED_ALL 15

#define KEY_PRODUCTS_MAX   4
#define SERIAL_PATTERN_MAX 48
#define KEY_DAY_MAX	   2932896 /* 9999-12-31 */
#define KEY_PERIOD_MAX	   2678400 /* 31 days */
#define KEY_MONTHS_MAX	   1200
#define SECONDS_A_DAY	   86400

struct key_policy {
	unsigned kinds;	       /* of signed_kind, never empty */
	unsigned products_len; /* none = any product */
	char products[KEY_PRODUCTS_MAX][PRODUCT_NAME_MAX + 1];
	char serials[SERIAL_PATTERN_MAX + 1]; /* pattern, "" = any serial */
	uint64_t limit;	    /* signatures in all, 0 = no limit */
	uint32_t first_day; /* days since 1970-01-01, UTC; 0 = from the begin */
	uint32_t last_day;  /* is itself a day of use; 0 = no end */
	uint32_t rate;	    /* signatures in one period, 0 = no limit */
	uint32_t period;    /* seconds; 0 without a rate */
	uint32_t months;    /* of life from its activation, 0 = no end */
	/* Issuing CAs: when they are awake. Bit 0 is Monday; minutes of
	 * the day, UTC, from 0 to 1440: a window over midnight is of the day
	 * that it begins on. 0 = always, AWAKE_BY_ACT = never. What a supervisor
	 * wakes is awake in any case. */
	unsigned awake_days;
	uint32_t awake_from, awake_to;
};
#define AWAKE_BY_ACT   0x80
#define AWAKE_FULL     0x7f
#define MINUTES_A_DAY  1440
#define AWAKE_ACT_DAYS 31 /* that a supervisor's act wakes a key, at most */

/* What a key did, as far as its policy asks. */
struct key_count {
	uint64_t issued;   /* signatures that a record stands for */
	int64_t activated; /* begin of its months, 0 = not yet */
	int64_t period;	   /* begin of the last period in which it signed */
	uint32_t in_period;
	int64_t awake_until; /* by a supervisor's act; 0 = none */
};

/* What it is asked to sign. */
struct key_use {
	enum signed_kind kind;
	/* serial NULL: not known yet; product too: of none (manifests) */
	const char *product, *serial;
	/* IDevIDs: digits of the counter, 0 for an existing serial. */
	unsigned counter_width;
};

/* An issuing CA lives so long, and signs so many (IP 4). */
#define CA_MONTHS	   3
#define CA_COUNT	   100000
/* Percent of its life after which a key is said to end soon, and its successor
 * takes over where there is one (IP 4). */
#define KEY_WARN_PERCENT   80
#define KEY_SWITCH_PERCENT 95

/* The least that a key of this purpose needs: nonced vouchers; or IDevIDs, with
 * the limits of an issuing CA. */
void key_policy_defaults(struct key_policy *p, enum key_purpose purpose);
/* SIGNER_FACTS naming the field that breaks its rules, or that no key of this
 * purpose may have. */
MUST_USE enum reason key_policy_check(
    const struct key_policy *p, enum key_purpose purpose, struct why *why);
/*
 * Sets one field by its option's name: kinds ("nonced,nonceless"), product
 * ("a,b" or "any"), serials (a pattern or "any"), limit (a number or "none"),
 * first-day and last-day ("2027-03-31" or "none"), months (a number or "none"),
 * rate ("100/minute", "/hour", "/day", a number of seconds, or "none"), awake
 * ("mon-fri,sun 06:00-22:00", "act" or "always").
 * ADMIN_ARGUMENT.
 */
MUST_USE enum reason key_policy_set(
    struct key_policy *p, const char *name, struct span value, struct why *why);
/* Is this product among the policy's? */
bool key_policy_product(const struct key_policy *p, const char *product);
/*
 * May a key with this policy and history sign that at a time of its chain?
 * SIGNER_POLICY, SIGNER_ASLEEP, SIGNER_DATE, SIGNER_COUNT, SIGNER_RATE.
 */
MUST_USE enum reason key_policy_allows(const struct key_policy *p,
    const struct key_count *count, const struct key_use *use, int64_t time,
    struct why *why);
/* The first second in which it may not sign any more, by its months or its last
 * day; INT64_MAX if there is none before the year 10000. */
int64_t key_policy_end(
    const struct key_policy *p, const struct key_count *count);
/* Percent of its life that is over, by number or by time, whichever is more: 100
 * means that it will not sign again. 0 where nothing limits it. */
unsigned key_policy_used(
    const struct key_policy *p, const struct key_count *count, int64_t time);
/* How much of it is over, 100 = all. */
unsigned percent_of(uint64_t part, uint64_t whole);
/* Counts a signature made at that time. */
void key_count_add(
    struct key_count *count, const struct key_policy *p, int64_t time);
/* Counts n signatures of which nobody knows the time: as if all were made in the
 * period of that one. */
void key_count_skip(struct key_count *count, const struct key_policy *p,
    uint64_t n, int64_t time);

/* Is it awake, by its calendar or by an act? */
bool key_policy_awake(
    const struct key_policy *p, const struct key_count *count, int64_t time);
/* May such a window be? */
bool key_awake_valid(const struct key_policy *p);
bool key_awake_set(struct key_policy *p, struct span value);

/* Literal characters of serials; '*' stands for any number of characters, none
 * included, '?' for exactly one. All of the serial must match. */
bool serial_pattern_match(const char *pattern, const char *serial);
bool serial_pattern_valid(const char *pattern);

#define DAY_TEXT_SIZE 11
/* YYYY-MM-DD, terminated, of a number of days since 1970-01-01. */
void day_print(char out[DAY_TEXT_SIZE], uint32_t day);
/* The names that key_policy_set() knows; ends with NULL. */
extern const char *const key_policy_names[];
/* Rate and kinds as key_policy_set() reads them. */
#define KEY_WORDS_SIZE 40
void key_rate_print(char out[KEY_WORDS_SIZE], const struct key_policy *p);
void key_awake_print(char out[KEY_WORDS_SIZE], const struct key_policy *p);
void key_kinds_print(char out[KEY_WORDS_SIZE], unsigned kinds);

#endif
