// SPDX-License-Identifier: MIT
/*
 * kernel/workload.c - find and run what workload= names
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/workload.h>

extern const struct workload __start_workloads[], __stop_workloads[];

bool workload_arg(const char *args, const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key);

	while (*args) {
		const char *comma = strchr(args, ',');
		size_t len = comma ? (size_t)(comma - args) : strlen(args);

		if (len > key_len && !strncmp(args, key, key_len) &&
		    args[key_len] == '=') {
			len = min(len - key_len, size);
			strscpy(value, args + key_len + 1, len);
			return true;
		}
		args += len + (comma != NULL);
	}
	return false;
}

bool workload_number(const char *workload, const char *args, const char *key,
		     u64 least, u64 most, u64 *value)
{
	char text[24];
	u64 found;

	if (!workload_arg(args, key, text, sizeof(text)))
		return true;
	if (!kstrtou64(text, 0, &found) && found >= least && found <= most) {
		*value = found;
		return true;
	}
	console_printf("%s: %s=%s: a number from %lu to %lu\n", workload, key,
		       text, least, most);
	return false;
}

/* "1.25" -> 1250; false: that isn't such a number. */
static bool parse_percent(char *text, u64 *value)
{
	char *point = strchr(text, '.'), *digits;
	u64 whole, part = 0, scale = 1000;

	if (point)
		*point = '\0';
	if (kstrtou64(text, 10, &whole) || whole > 100)
		return false;
	for (digits = point ? point + 1 : text + strlen(text); *digits;
	     digits++) {
		scale /= 10;
		if (*digits < '0' || *digits > '9' || !scale)
			return false;
		part += (u64)(*digits - '0') * scale;
	}
	whole = whole * 1000 + part;
	if (whole > 100 * 1000)
		return false;
	*value = whole;
	return true;
}

bool workload_percent(const char *workload, const char *args, const char *key,
		      u64 *value)
{
	char text[24], shown[24];

	if (!workload_arg(args, key, text, sizeof(text)))
		return true;
	strscpy(shown, text, sizeof(shown));
	if (parse_percent(text, value))
		return true;
	console_printf("%s: %s=%s: per cent, such as 12.5\n", workload, key,
		       shown);
	return false;
}

int workload_run(const char *spec)
{
	char name[32];
	const char *comma = strchr(spec, ',');
	size_t len = comma ? (size_t)(comma - spec) : strlen(spec);

	strscpy(name, spec, min(len + 1, sizeof(name)));
	for (const struct workload *w = __start_workloads; w < __stop_workloads;
	     w++)
		if (!strcmp(w->name, name))
			return w->run(comma ? comma + 1 : "");
	pr_err("workload=%s: unknown; there are:\n", name);
	for (const struct workload *w = __start_workloads; w < __stop_workloads;
	     w++)
		pr_err("  %s: %s\n", w->name, w->help);
	return -1;
}
