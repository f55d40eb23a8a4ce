import type { BeatSettings } from "./beat-settings.ts";
import type { BrokerSettings } from "./broker-settings.ts";
import type { CloudSettings } from "./cloud-settings.ts";
import type { ControlSettings } from "./control-settings.ts";
import type { GeneralSettings } from "./general-settings.ts";
import type { RedisSettings } from "./redis-settings.ts";
import type { ResultSettings } from "./result-settings.ts";
import type { RoutingSettings } from "./routing-settings.ts";
import type { StoreSettings } from "./store-settings.ts";
import type { TaskSettings } from "./task-settings.ts";
import type { WorkerSettings } from "./worker-settings.ts";

/**
 * Every setting of an app, by its TypeScript name, complete and in its normal form. Times are seconds unless a name says
 * otherwise. Celery's snake_case names mean the same wherever settings are given.
 *
 * @see docs/reference/settings.md
 */
export interface Settings
  extends
    GeneralSettings,
    TaskSettings,
    RoutingSettings,
    BrokerSettings,
    ResultSettings,
    RedisSettings,
    StoreSettings,
    CloudSettings,
    WorkerSettings,
    ControlSettings,
    BeatSettings {}
