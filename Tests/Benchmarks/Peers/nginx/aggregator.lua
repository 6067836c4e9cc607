-- The job of GET /v1/sessions?limit=50, first page, in Lua: three lists at once, decoded by cjson, merged newest first,
-- encoded. Times are compared and passed on as text; what has microseconds is cut to milliseconds.
local cjson = require "cjson.safe"
local null = cjson.null

local M = {}

local function known(value) if value == nil then return null end return value end

local function member(value, ...)
  for _, name in ipairs { ... } do
    if type(value) ~= "table" then return null end
    value = value[name]
  end
  return known(value)
end

-- 2026-04-20T09:00:00.123456 to 2026-04-20T09:00:00.123Z; the sources all give UTC.
local function time(text)
  if type(text) ~= "string" then return null end
  local fraction = text:match("%.(%d+)", 20) or ""
  return text:sub(1, 19) .. "." .. (fraction .. "000"):sub(1, 3) .. "Z"
end

local function seconds(text)
  local h, m, s, ms = text:match("T(%d%d):(%d%d):(%d%d)%.(%d%d%d)Z")
  local y, mo, d = text:match("^(%d%d%d%d)-(%d%d)-(%d%d)")
  y, mo = tonumber(y), tonumber(mo)
  if mo <= 2 then y, mo = y - 1, mo + 12 end
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
    + math.floor((153 * (mo - 3) + 2) / 5) + tonumber(d)
  return ((days * 24 + h) * 60 + m) * 60 + s + ms / 1000
end

local function duration(from, to)
  if from == null or to == null then return null end
  return math.floor((seconds(to) - seconds(from)) * 1000 + 0.5)
end

local alcamine_status = { COMPLETED = "completed", IN_PROGRESS = "active", PENDING = "pending" }
local alcamine_channel = { INBOUND_CALL = "phone", WEB_VOICE = "web" }
local athena_status = {
  completed = "completed", running = "active", needs_input = "active", scheduled = "pending",
  queued = "pending", failed = "failed", canceled = "canceled", cancelled = "canceled",
}
local athena_channel = { web = "web", api = "api", agent_email = "email", agent_slack = "slack", agent_sms = "sms" }
local athena_modality = {
  session = "text", video_session = "video", desktop_session = "desktop", mobile_session = "mobile",
}

local function alcamine(row)
  local started, ended = time(row.startedAt), time(row.endedAt)
  if ended == null then ended = time(row.completedAt) end
  return {
    id = "alcamine:" .. row.id, source = "alcamine", provider = "alcamine", nativeId = row.id,
    title = known(row.name), status = alcamine_status[row.status] or "unknown",
    nativeStatus = known(row.status), channel = alcamine_channel[row.type] or "unknown", modality = "voice",
    createdAt = time(row.createdAt), updatedAt = time(row.updatedAt), startedAt = started, endedAt = ended,
    durationMs = duration(started, ended),
    agent = {
      id = known(row.agentId), name = member(row, "agent", "name"),
      model = member(row, "agent", "version", "config", "llm", "model"),
    },
    participant = {
      id = known(row.personId), email = member(row, "person", "email"), phone = member(row, "person", "phone"),
    },
    workspaceId = known(row.workspaceId), messageCount = null, costUsd = null,
  }
end

local function anam(row)
  local ended = time(row.endTime)
  return {
    id = "anam:" .. row.id, source = "anam", provider = "anam", nativeId = row.id,
    title = known(row.clientLabel), status = ended == null and "active" or "completed",
    nativeStatus = known(row.exitStatus), channel = "unknown", modality = "video",
    createdAt = time(row.createdAt), updatedAt = time(row.updatedAt), startedAt = time(row.startTime),
    endedAt = ended, durationMs = known(row.sessionLengthMs),
    agent = {
      id = known(row.personaId), name = member(row, "personaConfig", "name"),
      model = member(row, "personaConfig", "llmConfig", "modelName"),
    },
    participant = { id = null, email = null, phone = null },
    workspaceId = known(row.organizationId), messageCount = null, costUsd = null,
  }
end

local function athena(row)
  return {
    id = "athena:" .. row.id, source = "athena", provider = "athena", nativeId = row.id,
    title = known(row.title), status = athena_status[row.run_status_v2] or "unknown",
    nativeStatus = known(row.run_status_v2), channel = athena_channel[row.source_channel] or "unknown",
    modality = athena_modality[row.session_type] or "unknown",
    createdAt = time(row.created_at), updatedAt = time(row.updated_at), startedAt = null, endedAt = null,
    durationMs = null,
    agent = { id = known(row.collab_agent_id), name = known(row.agent), model = known(row.model) },
    participant = { id = known(row.created_by_id), email = null, phone = null },
    workspaceId = known(row.workspace_id), messageCount = known(row.num_messages),
    costUsd = known(row.total_cost_usd),
  }
end

local function newest_first(a, b)
  if a.createdAt ~= b.createdAt then return a.createdAt > b.createdAt end
  return a.id > b.id
end

function M.answer()
  local limit = tonumber(ngx.var.arg_limit)
  if not limit or limit < 1 or limit > 98 then return ngx.exit(400) end
  local asked = limit + 2
  local a, b, c = ngx.location.capture_multi {
    { "/from/alcamine/sessions?limit=" .. asked .. "&offset=0" },
    { "/from/anam/v1/sessions?page=1&perPage=" .. asked },
    { "/from/athena/api/v0/sessions?limit=" .. asked .. "&offset=0&sort_by=created_at&sort_direction=desc" },
  }
  if a.status ~= 200 or b.status ~= 200 or c.status ~= 200 or a.truncated or b.truncated or c.truncated then
    return ngx.exit(502)
  end
  local first, second, third = cjson.decode(a.body), cjson.decode(b.body), cjson.decode(c.body)
  if not (first and second and third) then return ngx.exit(502) end
  local rows = {}
  for _, row in ipairs(first) do rows[#rows + 1] = alcamine(row) end
  for _, row in ipairs(second.data) do rows[#rows + 1] = anam(row) end
  for _, row in ipairs(third.items) do rows[#rows + 1] = athena(row) end
  table.sort(rows, newest_first)
  for index = #rows, limit + 1, -1 do rows[index] = nil end
  ngx.header["Content-Type"] = "application/json"
  ngx.print(cjson.encode { data = rows })
end

return M
