import { m } from "../messages";

/** What settings are sorted by. The id is the second segment of its address: `#/settings/security`. */
export interface SettingsGroup {
  id: string;
  title: () => string;
}

/** The groups, in the order of the screen. */
export const settingsGroups = [
  { id: "appearance", title: m.settings_group_appearance },
  { id: "notifications", title: m.notify },
  { id: "security", title: m.settings_group_security },
  { id: "rules", title: m.settings_group_rules },
  { id: "shop", title: m.settings_group_shop },
  { id: "data", title: m.data },
  { id: "records", title: m.settings_group_records },
] as const satisfies SettingsGroup[];

/** The id of one of them. */
export type SettingsGroupId = (typeof settingsGroups)[number]["id"];
