-- For wrk: each request has an id of its own, as those of Azure's SDKs have.
local count = 0

function request()
  count = count + 1
  wrk.headers["x-ms-client-request-id"] = string.format("00000000-0000-4000-8000-%012x", count)
  return wrk.format()
end
