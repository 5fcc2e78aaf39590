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
